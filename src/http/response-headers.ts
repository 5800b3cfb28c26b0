/** The head of every answer: security headers by helmet, and headers noted on the way, written as
 * one list: a score of calls of setHeader would cost as much as the routing. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Express, RequestHandler, Response } from 'express'
import helmet, { type HelmetOptions } from 'helmet'
import { letIn } from './server/load-shedding.ts'

const noted = Symbol('noted headers')
const always = Symbol('headers of every answer')
type Noted = ServerResponse & { [noted]?: string[]; [always]?: Always }

/** Names and values in turn, as Node writes them. */
type RawHeaders = readonly string[]
interface Always {
  readonly api: RawHeaders
  readonly page: RawHeaders
}

/** A header of this answer, whatever it turns out to be; a later value replaces an earlier one.
 * Handlers that end the answer set their own. */
export const addHeader = (res: ServerResponse, name: string, value: string): void => {
  const answer: Noted = res
  const list = answer[noted] ?? []
  answer[noted] = list
  for (let at = 0; at < list.length; at += 2) {
    if (list[at] === name) {
      list[at + 1] = value
      return
    }
  }
  list.push(name, value)
}

const pairs = (raw: RawHeaders): [name: string, value: string][] =>
  Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!])

/** Headers of our own pages, in place of those of the API. */
export const asPage: RequestHandler = function asPage(_req, res, next) {
  res.locals['page'] = true
  next()
}

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse
const writeHead = ServerResponse.prototype.writeHead as WriteHead

function joined(this: Response & Noted, status: number, ...rest: unknown[]): ServerResponse {
  letIn(this.req)
  const ours = this[always]?.[this.locals['page'] ? 'page' : 'api'] ?? []
  const added = this[noted] ?? []
  const [given] = rest
  // Nothing set: Node takes the list as it is, without merging.
  if (Array.isArray(given) && this.getHeaderNames().length === 0) return writeHead.call(this, status, [...ours, ...added, ...given])
  for (const [name, value] of pairs(ours)) {
    const own = this.getHeader(name)
    if (own === undefined) this.setHeader(name, value)
    // A redirect of Express says that it varies by what Express itself has looked at.
    else if (name === 'Vary') this.setHeader(name, `${value}, ${String(own)}`)
  }
  for (const [name, value] of pairs(added)) this.setHeader(name, value)
  return writeHead.call(this, status, ...rest)
}

/** Answers of the app join what was said of their head by `securityHeaders` and `addHeader`. */
export const joinHeads = (app: Express): void => {
  ;(app as unknown as { response: { writeHead: WriteHead } }).response.writeHead = joined
}

interface Options {
  /** Browsers reach us by https, so they may be told to stay with it. */
  readonly https: boolean
}

/** The API runs nothing and may not be framed; pages may load only what we serve. */
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

/** Those of an answer that no app gives, since the request did not come so far. */
export const headersWithoutApp: Readonly<Record<string, string>> = Object.fromEntries(pairs(headersFor(apiPolicy, { https: false })))

/** Each answer has them, unless its handler sets one of them itself. */
export const securityHeaders = (options: Options): RequestHandler => {
  const headers: Always = { api: headersFor(apiPolicy, options), page: headersFor(pagePolicy, options) }
  return function securityHeaders(_req, res: Noted, next) {
    res[always] = headers
    next()
  }
}
