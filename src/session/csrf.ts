/** What a call with the session cookie must show, by class of route. Bearer callers are exempt: no browser adds their token by itself. */
import type { IncomingMessage } from 'node:http'
import type { Origins } from '../http/origins.ts'
import { Problem } from '../problems.ts'

/** `api`: the thirteen rows, auth and ops JSON. `stream`: GET of event streams and downloads. On pages and at the provider's and vendor's routes no cookie grants anything. */
export type CsrfClass = 'api' | 'stream'

const safe = new Set(['GET', 'HEAD'])

/** Throws `csrf`. An Origin that is sent must be ours even when Sec-Fetch-Site already says so. */
export const requireSameOrigin = (request: IncomingMessage, origins: Origins, kind: CsrfClass): void => {
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  const sameSite = site === undefined ? safe.has(request.method ?? '') || origin !== undefined : site === 'same-origin'
  // One of ours is not enough: the customers' site has no business at the staff's origin.
  const sameOrigin =
    origin === undefined || (origins.includes(origin) && origins.isStaff(new URL(origin).host) === origins.isStaff(request.headers.host))
  const marked = kind === 'stream' ? site !== undefined : request.headers['x-bff-csrf'] === '1'
  if (!sameSite || !sameOrigin || !marked) throw new Problem('csrf')
}
