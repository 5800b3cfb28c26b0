/** Pages: the head of every one, and pages in the browser's own style, which load nothing, so that
 * they are shown even when nothing else works. */
import { type Content, type Html, html } from './html.ts'

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

export const plainPage = (title: string, content: Content, head?: Content): string =>
  html`${pageHead(title, head)}<body><main><h1>${title}</h1>
${content}</main></body>
</html>
`.text

/** The page between two sites: a link from elsewhere is opened without the Strict cookie; from this
 * page, which is ours, the same address is opened with it. */
export const interstitialPage = (address: string): string =>
  plainPage('One moment', html`<p><a href="${address}">Continue</a></p>`, html`<meta http-equiv="refresh" content="0; url=${address}">`)
