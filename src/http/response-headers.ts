/** The head of every answer. What all answers say, and what was noted on the way, joins when the
 * head is written, as one list: a score of calls of setHeader would cost as much as the routing. */
import { ServerResponse } from 'node:http'
import type { Express, RequestHandler, Response } from 'express'
import { letIn } from './server/load-shedding.ts'

const noted = Symbol('noted headers')
const always = Symbol('headers of every answer')
type Noted = ServerResponse & { [noted]?: string[]; [always]?: Always }

/** Names and values in turn, as Node writes them. */
export type RawHeaders = readonly string[]
export interface Always {
  readonly api: RawHeaders
  readonly page: RawHeaders
}

/** This answer has these headers, unless its handler sets one of them itself. */
export const alwaysHeaders = (res: ServerResponse, headers: Always): void => {
  ;(res as Noted)[always] = headers
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
  for (const [name, value] of pairs(ours)) if (!this.hasHeader(name)) this.setHeader(name, value)
  for (const [name, value] of pairs(added)) this.setHeader(name, value)
  return writeHead.call(this, status, ...rest)
}

/** Answers of the app join what was said of their head by `alwaysHeaders` and `addHeader`. */
export const joinHeads = (app: Express): void => {
  ;(app as unknown as { response: { writeHead: WriteHead } }).response.writeHead = joined
}
