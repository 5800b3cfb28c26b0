/** Security headers by helmet, worked out once: the API runs nothing and may not be framed, pages
 * may load only what we serve. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import helmet, { type HelmetOptions } from 'helmet'
import { alwaysHeaders, type RawHeaders } from './response-headers.ts'

interface Options {
  /** Browsers reach us by https, so they may be told to stay with it. */
  readonly https: boolean
}

const apiPolicy = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }

const pagePolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

type Policy = Record<string, string[]>

/** helmet sets a dozen headers anew on every request, about a tenth of what a bare Express app
 * costs; ours never change, so it runs once against a response that only takes notes. */
const headersOf = (options: HelmetOptions): RawHeaders => {
  const noted: string[] = []
  const notes = { setHeader: (name: string, value: string) => noted.push(name, value), removeHeader: () => undefined }
  helmet(options)({} as IncomingMessage, notes as unknown as ServerResponse, (error?: unknown) => {
    if (error) throw error
  })
  return noted
}

const headersFor = (directives: Policy, { https }: Options): RawHeaders => [
  ...headersOf({
    contentSecurityPolicy: { useDefaults: false, directives },
    // Without sub-domains, which are the customer's to decide about.
    strictTransportSecurity: https && { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  }),
  'Cache-Control',
  'no-store',
  'Vary',
  'Cookie, Authorization',
]

export const securityHeaders = (options: Options): RequestHandler => {
  const headers = { api: headersFor(apiPolicy, options), page: headersFor(pagePolicy, options) }
  return function securityHeaders(_req, res, next) {
    alwaysHeaders(res, headers)
    next()
  }
}
