/** HTML as tagged templates: values are escaped, unless this tag made them. */
import { printableLines } from '../platform/printable.ts'

export interface Html {
  readonly text: string
}

/** What may be put in: undefined, null and false are nothing; lists are joined. */
export type Content = Html | string | number | boolean | null | undefined | readonly Content[]

const made = new WeakSet<object>()

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => printableLines(text).replace(/[&<>"']/g, (character) => escapes[character]!)

const textOf = (content: Content): string => {
  if (content === undefined || content === null || typeof content === 'boolean') return ''
  if (Array.isArray(content)) return content.map(textOf).join('')
  if (typeof content === 'object') {
    if (!made.has(content)) throw new TypeError('not made by html')
    return (content as Html).text
  }
  return escaped(String(content))
}

export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html => {
  const result = { text: parts.reduce((text, part, at) => text + textOf(contents[at - 1]) + part) }
  made.add(result)
  return result
}
