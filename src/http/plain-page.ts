/** A page in the browser's own style, which is dark where the person wants that: it loads nothing,
 * so it is shown even when nothing else works. */
import { type Content, html } from './html.ts'

export const plainPage = (title: string, content: Content, head?: Content): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body><main><h1>${title}</h1>
${content}</main></body>
</html>
`.text
