/** The page between two sites: a link from elsewhere is opened without the Strict cookie; from this
 * page, which is ours, the same address is opened with it. */
import { html } from './html.ts'
import { plainPage } from './plain-page.ts'

export const interstitialPage = (address: string): string =>
  plainPage('One moment', html`<p><a href="${address}">Continue</a></p>`, html`<meta http-equiv="refresh" content="0; url=${address}">`)
