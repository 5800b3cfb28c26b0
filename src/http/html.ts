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

export const pageHead = (title: string, more?: Content): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${more}
</head>
`

/** In the browser's own style, which loads nothing, so that it is shown even when nothing else works. */
export const plainPage = (title: string, content: Content, head?: Content): string =>
  html`${pageHead(title, head)}<body><main><h1>${title}</h1>
${content}</main></body>
</html>
`.text

/** The page between two sites: a link from elsewhere is opened without the Strict cookie; from this
 * page, which is ours, the same address is opened with it. */
export const interstitialPage = (address: string): string =>
  plainPage('One moment', html`<p><a href="${address}">Continue</a></p>`, html`<meta http-equiv="refresh" content="0; url=${address}">`)
