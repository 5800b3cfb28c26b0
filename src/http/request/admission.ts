/** What every request must pass before routing: an unambiguous target, unambiguous headers, a host
 * that is ours. It refuses and never repairs. */

import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { faultIn } from '../../contract/field-faults.ts'
import { Problem, problems } from '../../contract/problems.ts'
import { peerAddress, settleClientAddress, trustedPeers } from './client-address.ts'
import { checkOwnCookies, type OwnCookies } from './cookies.ts'
import { type Origins, quote } from './origins.ts'
import { withoutBlanks } from './whitespace.ts'

export interface AdmissionOptions {
  /** Whose values of Host are accepted; absent on the private listener, which has no such rule. */
  readonly origins?: Pick<Origins, 'hosts' | 'refusal'>
  readonly ownCookies?: OwnCookies
  /** The path whose query may be long, since identity providers put much into it. */
  readonly callbackPath?: string
  /** CIDR blocks whose peers may name the client in X-Forwarded-For. */
  readonly trustedProxies?: readonly string[]
  /** Told once, when X-Forwarded-* first comes from a peer that is not trusted: mostly a proxy
   * somebody forgot to configure. */
  readonly onUntrustedForward?: (peer: string) => void
}

export const untrustedForward =
  'X-Forwarded headers come from an address outside TRUSTED_PROXIES and are ignored; if that is your proxy, name it there'

export const admission = (options: AdmissionOptions = {}): RequestHandler => {
  const trusted = trustedPeers(options.trustedProxies ?? [])
  let warned = false
  return function admission(req, _res, next) {
    // First, so that the record of a refused request names its client too.
    settleClientAddress(req, trusted)
    checkVersion(req)
    checkTarget(req.originalUrl, options.callbackPath)
    const forwarding = checkHeaders(req.rawHeaders)
    checkConditions(req)
    if (options.ownCookies) checkOwnCookies(req.headers.cookie, options.ownCookies)
    checkHost(req, options.origins)
    if (forwarding && !warned && !trusted(peerAddress(req))) {
      warned = true
      options.onUntrustedForward?.(peerAddress(req))
    }
    next()
  }
}

/** Node's parser also takes what it does not speak. */
const checkVersion = ({ httpVersion }: IncomingMessage): void => {
  if (httpVersion === '1.1' || httpVersion === '1.0') return
  const detail = `The request is one of HTTP/${httpVersion}, and HTTP/1.1 is spoken here.`
  throw new Problem('bad_request', { detail, headers: { Connection: 'close' } })
}

const targetLimit = 2048
const callbackLimit = 8192

const checkTarget = (target: string, callbackPath: string | undefined): void => {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (target.length > (path === callbackPath ? callbackLimit : targetLimit)) throw new Problem('target_too_long')
  if (/[^!-~]|#/.test(target))
    throw new Problem('invalid_path', { detail: 'The target holds a fragment or a character that a URL cannot hold.' })
  if (!path.startsWith('/')) throw new Problem('invalid_path', { detail: 'The target must be a path that begins with "/".' })
  const odd = /\/\/|[\\;]|%(?:2f|5c|25|[01][0-9a-f]|7f)/i.exec(path)?.[0]
  if (odd !== undefined) throw new Problem('invalid_path', { detail: `The path holds ${quote(odd)}, which no path of this API needs.` })
  // One decoding finds the dot segments of two: an encoded percent sign has just been refused.
  if (decoded(path).split('/').some(isDots)) throw new Problem('invalid_path')
}

const isDots = (segment: string): boolean => segment === '.' || segment === '..'

const decoded = (path: string): string => {
  try {
    return path.includes('%') ? decodeURIComponent(path) : path
  } catch (cause) {
    throw new Problem('invalid_path', { detail: 'The path holds a malformed percent sign.', cause })
  }
}

const headerCount = 100
const headerBytes = 16 * 1024

/** Node keeps the first of some doubled headers and joins others, and a proxy may keep the last: so
 * none of these may come twice. */
const single = new Set([
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'idempotency-key',
  'audit-reason',
  'audit-ticket',
  'audit-note',
])

/** Tells whether any X-Forwarded-* header was among them. */
const checkHeaders = (raw: readonly string[]): boolean => {
  if (raw.length > headerCount * 2) throw new Problem('headers_too_large', { detail: `At most ${headerCount} headers are accepted.` })
  const seen = new Set<string>()
  let bytes = 0
  let forwarding = false
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase()
    const value = raw[at + 1]!
    bytes += name.length + value.length + 4
    // Names with "_" refused: gateways written after CGI read it as "-", and so another header.
    if (name.includes('_'))
      throw faultIn('header', [name], 'a name with an underscore', { detail: 'Header names with an underscore are not accepted.' })
    if (single.has(name)) {
      if (seen.has(name)) throw faultIn('header', [name], 'may appear once', { detail: `The header ${name} may appear once.` })
      seen.add(name)
    }
    if (name === 'transfer-encoding' && withoutBlanks(value).toLowerCase() !== 'chunked') {
      throw faultIn('header', [name], 'only chunked is accepted', {
        detail: 'The only accepted transfer-encoding is chunked.',
        headers: { Connection: 'close' },
      })
    }
    if (name.startsWith('x-forwarded-')) forwarding = true
  }
  if (bytes > headerBytes) throw new Problem('headers_too_large')
  return forwarding
}

/** Nothing here has versions or parts, so a change that depends on them is refused. */
const checkConditions = ({ method, headers }: IncomingMessage): void => {
  if (method === 'GET' || method === 'HEAD') return
  if (headers['if-match'] !== undefined || headers['if-none-match'] !== undefined) throw new Problem('precondition_failed')
  if (headers['content-range'] !== undefined)
    throw faultIn('header', ['content-range'], 'is not accepted', { detail: 'A body is sent whole; content-range is not accepted.' })
}

const checkHost = (req: IncomingMessage, origins: AdmissionOptions['origins']): void => {
  const { host } = req.headers
  if (host === undefined && req.httpVersion !== '1.0')
    throw faultIn('header', ['host'], 'is required', { detail: 'The header host is required.' })
  if (origins === undefined) return
  const ours = origins.hosts()
  if (host !== undefined && ours.has(host.toLowerCase())) return
  const decides = `This service answers to ${[...ours].join(', ')}; PUBLIC_ORIGIN and STAFF_ORIGIN decide, and origins in APPS_FILE.`
  const seen = host === undefined ? `No host is named. ${decides}` : `The host is ${quote(host)}. ${decides}`
  throw new Problem('misdirected', origins.refusal(seen, problems.misdirected[1]))
}
