/** What a call with the session cookie must show, by class of route. Bearer callers are exempt: no browser adds their token by itself. */
import type { IncomingMessage } from 'node:http'
import { Problem } from '../contract/problems.ts'
import type { Origins } from '../http/origins.ts'

/** `api`: the thirteen rows, auth and ops JSON. `stream`: GET of event streams and downloads. `page`: a top-level GET, free of side effects. At the provider's and vendor's routes no cookie grants anything. */
export type CsrfClass = 'api' | 'stream' | 'page'

const safe = new Set(['GET', 'HEAD'])

/** Throws `csrf`. An Origin that is sent must be ours even when Sec-Fetch-Site already says so. */
export const requireSameOrigin = (request: IncomingMessage, origins: Origins, kind: CsrfClass): void => {
  if (!(kind === 'page' ? isTopLevelGet(request) : isOurs(request, origins, kind))) throw new Problem('csrf')
}

const isOurs = (request: IncomingMessage, origins: Origins, kind: CsrfClass): boolean => {
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  const sameSite = site === undefined ? safe.has(request.method ?? '') || origin !== undefined : site === 'same-origin'
  // One of ours is not enough: the customers' site has no business at the staff's origin.
  const sameOrigin =
    origin === undefined || (origins.includes(origin) && origins.isStaff(new URL(origin).host) === origins.isStaff(request.headers.host))
  const marked = kind === 'stream' ? site !== undefined : request.headers['x-bff-csrf'] === '1'
  return sameSite && sameOrigin && marked
}

/** A page may be opened from anywhere, since opening it changes nothing; but not be embedded or fetched by another site. */
const isTopLevelGet = (request: IncomingMessage): boolean => {
  const { 'sec-fetch-mode': mode = 'navigate', 'sec-fetch-dest': dest = 'document' } = request.headers
  return safe.has(request.method ?? '') && mode === 'navigate' && dest === 'document'
}
