/** The page between two sites: a link from elsewhere is opened without the Strict cookie; from this
 * page, which is ours, the same address is opened with it. */
import { html } from './html.ts'

export const interstitialPage = (address: string): string =>
  html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>One moment</title><meta http-equiv="refresh" content="0; url=${address}"></head>
<body><main><p><a href="${address}">Continue</a></p></main></body>
</html>
`.text
