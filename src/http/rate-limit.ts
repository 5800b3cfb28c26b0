/** The one door to express-rate-limit: every limit, by counts that all replicas share. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { type AugmentedRequest, type Options, rateLimit } from 'express-rate-limit'
import { Problem } from '../contract/problems.ts'
import { createTurns } from '../platform/concurrency.ts'
import { addressKey } from '../platform/ip-address.ts'
import { toProblem } from './problem-handler.ts'
import { clientAddress } from './request/client-address.ts'
import { addHeader } from './response-headers.ts'
import { letIn } from './server/load-shedding.ts'

/** Uses in the window including this one, and milliseconds until the window ends. */
export interface Used {
  readonly used: number
  readonly leftMs: number
}

/** A use of a limit: its name, how many are allowed, and the count. */
export interface Limit {
  readonly name: string
  readonly max: number
  readonly used: Used
}

/** Counts of an address by the name of the limit. */
export interface AddressCounts {
  use(name: string, address: string): Promise<Used>
  /** Without counting. */
  used(name: string, address: string): Promise<Used>
}

interface Limiter extends Pick<Options, 'limit' | 'keyGenerator'> {
  readonly name: (res: Response) => string
  /** The library wants another one for each limiter. */
  readonly prefix: string
  readonly count: (key: string) => Used | Promise<Used>
}

const limiter = ({ name, prefix, count, ...options }: Limiter): RequestHandler =>
  rateLimit({
    ...options,
    windowMs: 60_000,
    // The library's own fields of draft 8 cost three times as much as its decision.
    standardHeaders: false,
    legacyHeaders: false,
    passOnStoreError: false,
    // No two limiters share this store, and the library would keep each one for ever.
    validate: { unsharedStore: false },
    store: {
      prefix,
      increment: async (key) => {
        const { used, leftMs } = await count(key)
        return { totalHits: used, resetTime: new Date(Date.now() + leftMs) }
      },
      decrement: () => undefined,
      resetKey: () => undefined,
    },
    handler: (req, res, next) => {
      const { limit: max, used, resetTime } = (req as AugmentedRequest)['rateLimit']!
      const leftMs = Math.max(0, Number(resetTime) - Date.now())
      limitHeaders(res, { name: name(res), max, used: { used, leftMs } })
      next(new Problem('too_many_requests', { limit: name(res), headers: { 'Retry-After': String(Math.ceil(leftMs / 1000)) } }))
    },
  })

/** The RateLimit fields of the IETF's HTTPAPI working group: how much of a limit is left. */
const limitHeaders = (res: ServerResponse, { name, max, used }: Limit): void => {
  addHeader(res, 'RateLimit-Policy', `"${name}";q=${max};w=60`)
  addHeader(res, 'RateLimit', `"${name}";r=${Math.max(0, max - used.used)};t=${Math.ceil(used.leftMs / 1000)}`)
}

/** A middleware as a step of a handler. */
const step = (middleware: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    void middleware(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })

const limitOf = (res: Response): Limit => res.locals['limit'] as Limit

/** The count came with the session, so it needs no round trip of its own. A store of the library
 * sees the key alone: the count is the key. */
const calls = limiter({
  name: (res) => limitOf(res).name,
  prefix: 'calls',
  limit: (_req, res) => limitOf(res).max,
  keyGenerator: (_req, res) => `${limitOf(res).used.used} ${limitOf(res).used.leftMs}`,
  count: (key) => {
    const [used, leftMs] = key.split(' ').map(Number) as [number, number]
    return { used, leftMs }
  },
})

/** Decides a call with a session, and adds the fields of what is left. */
export const limitCalls =
  (req: Request, res: Response) =>
  async (limit: Limit): Promise<void> => {
    letIn(req)
    res.locals['limit'] = limit
    limitHeaders(res, limit)
    await step(calls, req, res)
  }

const keyOf = (req: IncomingMessage): string => addressKey(clientAddress(req))

const ofAddress = (name: string, limit: number, count: AddressCounts['use'], prefix = name): RequestHandler =>
  limiter({ name: () => name, prefix, limit, keyGenerator: keyOf, count: (address) => count(name, address) })

/** Every request of an address, right or wrong. */
export const limitAddress = (counts: AddressCounts, name: string, limit: number): RequestHandler => ofAddress(name, limit, counts.use)

/** Runs what proves a credential, unless its address has failed too often. Others of the address
 * wait for it, so it asks nobody outside. */
export type Attempt = <T>(req: Request, res: Response, prove: () => T | Promise<T>) => Promise<T>

/** Failures of an address; successes do not count. Attempts are proved in turn, so that of a
 * thousand guesses at once no more than the limit are looked at. */
export const limitFailures = (counts: AddressCounts, name: string, limit: number): Attempt => {
  const ifItFailed: AddressCounts['use'] = async (...asked) => {
    const { used, leftMs } = await counts.used(...asked)
    return { used: used + 1, leftMs }
  }
  const next = ofAddress(name, limit, ifItFailed, `next-${name}`)
  const failed = ofAddress(name, limit, counts.use)
  const turns = createTurns()
  return async (req, res, prove) => {
    // The turns of one address are no reason to turn others away.
    letIn(req)
    using _turn = await turns(keyOf(req))
    await step(next, req, res)
    try {
      return await prove()
    } catch (error) {
      // A failure beyond the limit is not reported as one: each replica has turns of its own.
      if (toProblem(error).status < 500) await step(failed, req, res)
      throw error
    }
  }
}
