/** Export of the search's result: plain links, which script turns into a download with progress. */
import { type Html, html } from '../../http/html.ts'
import { parametersOf, type Term } from './search-query.ts'

const formats = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const

export const exportForm = (root: string, words: readonly Term[]): Html => {
  const parameters = parametersOf(words)
  const address = (format: string): string => {
    const all = new URLSearchParams(parameters)
    all.set('format', format)
    return `${root}/api/export?${all}`
  }
  return html`<p class="export" id="export">${words.length > 0 ? 'Export these' : 'Export all'}: ${formats.map(
    ([format, name], at) => html`${at > 0 && ' '}<a href="${address(format)}" download="journal.${format}">${name}</a>`,
  )} <output></output></p>`
}
