/** The proof against CSRF that a call with the session cookie must carry, by class of route. Bearer
 * callers need none: no browser adds their token by itself. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Problem } from '../../contract/problems.ts'
import { type Origins, quote } from '../../http/request/origins.ts'

/** `api`: calls of scripts; `stream`: GET of event streams and downloads; `form`: a form of our own
 * page, sent as a navigation; `page`: a top-level GET without side effects. */
export type CsrfClass = 'api' | 'stream' | 'form' | 'page'

const safe = new Set(['GET', 'HEAD'])

/** Throws `csrf`. An Origin header must be ours even when Sec-Fetch-Site says `same-origin`. */
export const requireSameOrigin = (request: IncomingMessage, origins: Origins, kind: CsrfClass): void => {
  const isRight =
    kind === 'page' ? isTopLevelGet(request) : isSameSite(request) && isSameOrigin(request, origins, kind) && isMarked(request, kind)
  if (isRight) return
  const detail = detailOf(request, origins, kind)
  if (detail === unmarked) throw new Problem('csrf', { detail, cause: new Error(seen(request)) })
  throw new Problem('csrf', origins.refusal(seen(request), detail))
}

const unmarked = 'A call with the session cookie must carry the header X-BFF-CSRF: 1.'

/** What the browser said of where the call comes from. */
const seen = ({ headers: { host = '', origin, 'sec-fetch-site': site } }: IncomingMessage): string =>
  `It came with ${origin === undefined ? 'no Origin' : `Origin ${quote(origin)}`} and ${site === undefined ? 'no Sec-Fetch-Site' : `Sec-Fetch-Site ${quote(site)}`} to the host ${quote(host)}; PUBLIC_ORIGIN and STAFF_ORIGIN decide.`

/** What a page's author gets wrong most: the mark, and the origin of a development server. */
const detailOf = (request: IncomingMessage, origins: Origins, kind: CsrfClass): string => {
  if (kind === 'form')
    return 'This path takes a form that a page of this origin submits, so that the browser leaves the page; calls by script are refused, and a service worker has to leave it alone.'
  if (kind === 'page') return 'This is a page, which a browser opens; a script or another page cannot load it.'
  if (request.headers['sec-fetch-site'] !== undefined && !isSameSite(request)) return 'A page of another origin made this call.'
  if (!isSameSite(request)) return 'A call that changes something must name its Origin, as a browser does by itself.'
  if (!isSameOrigin(request, origins, kind))
    return 'The Origin of this call is not in PUBLIC_ORIGIN. Behind a development server, put the address that the browser shows there.'
  return unmarked
}

const isSameSite = ({ method = '', headers: { origin, 'sec-fetch-site': site } }: IncomingMessage): boolean =>
  site === undefined ? safe.has(method) || origin !== undefined : site === 'same-origin'

/** Users' and staff's origins are kept apart: a page of one may not call the other. */
const isSameOrigin = ({ headers: { host, origin, 'sec-fetch-site': site } }: IncomingMessage, origins: Origins, kind: CsrfClass): boolean =>
  origin === undefined ||
  // `Origin: null` is what a navigation sends from a page with Referrer-Policy no-referrer.
  (kind === 'form' && origin === 'null' && site !== undefined) ||
  (origins.includes(origin) && origins.isStaff(new URL(origin).host) === origins.isStaff(host))

/** A header that a page of another site cannot add without a preflight, or cannot forge. */
const isMarked = ({ headers }: IncomingMessage, kind: CsrfClass): boolean => {
  if (kind === 'form') return isNavigation(headers)
  // Over plain http browsers send no Sec-Fetch-Site; what script fetches can bear the header.
  return headers['x-bff-csrf'] === '1' || (kind === 'stream' && headers['sec-fetch-site'] !== undefined)
}

/** For a page in no frame, and not loaded ahead of a click. A page load that a service worker
 * passes on has no destination, and a mode that no script can give its own request. */
export const isForPage = (headers: IncomingHttpHeaders): boolean => {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest = 'document', 'sec-purpose': purpose = '' } = headers
  const isOpened = dest === 'document' || (dest === 'empty' && mode === 'navigate') || isPassedOnByFirefox(headers)
  return isOpened && !purpose.includes('prefetch')
}

/** Firefox's worker gives it the mode and the origin of its own requests, whichever page began it:
 * enough for what changes nothing, since a page of another site cannot make one. */
const isPassedOnByFirefox = (headers: IncomingHttpHeaders): boolean =>
  headers['sec-fetch-dest'] === 'empty' && headers['sec-fetch-mode'] === 'same-origin' && headers['sec-fetch-site'] === 'same-origin'

const isNavigation = (headers: IncomingHttpHeaders): boolean =>
  [undefined, 'navigate'].includes(headers['sec-fetch-mode']) && isForPage(headers)

/** A page may be opened from any site, since that changes nothing, but not embedded or fetched. */
const isTopLevelGet = ({ method = '', headers }: IncomingMessage): boolean =>
  safe.has(method) && (isNavigation(headers) || (isPassedOnByFirefox(headers) && isForPage(headers)))
