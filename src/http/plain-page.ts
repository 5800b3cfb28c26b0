/** A page in the browser's own style, which is dark where the person wants that: it loads nothing,
 * so it is shown even when nothing else works. */
import { type Content, html } from './html.ts'
import { pageHead } from './page-head.ts'

export const plainPage = (title: string, content: Content, head?: Content): string =>
  html`${pageHead(title, head)}<body><main><h1>${title}</h1>
${content}</main></body>
</html>
`.text
