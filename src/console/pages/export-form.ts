/** Export of the search's result: plain links, which script turns into a download with progress. */
import { type Html, html } from '../../http/html.ts'
import { fileName } from '../file-name.ts'
import { isFaulty, type Term, textOf } from './search-query.ts'

const formats = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const

export const exportForm = (root: string, app: string, words: readonly Term[]): Html => {
  if (isFaulty(words)) return html`<p class="export" id="export"></p>`
  const named: Record<string, string> = words.length > 0 ? { q: textOf(words) } : {}
  const parameters = new URLSearchParams(named)
  const address = (format: string): string => {
    const all = new URLSearchParams(parameters)
    all.set('format', format)
    return `${root}/api/export?${all}`
  }
  const link = (href: string, name: string, file: string): Html => html`<a href="${href}" download="${file}">${name}</a>`
  return html`<p class="export" id="export">${words.length > 0 ? 'Export these' : 'Export all'} (times in UTC): ${formats.map(
    ([format, name], at) => [at > 0 && ' ', link(address(format), name, `${fileName('journal', app, named)}.${format}`)],
  )} ${link(`${root}/api/envelope?${parameters}`, 'Envelope for auditors', `${fileName('audit', app, named)}.tar.gz`)} <output></output></p>`
}
