/** What belongs to the request that is being answered, wherever its work has gone. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestTrace } from './tracing.ts'

interface RequestContext {
  /** Fields of each of its log lines. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly trace: RequestTrace
}

const current = new AsyncLocalStorage<RequestContext | undefined>()

export const runInRequest = <T>(its: RequestContext, work: () => T): T => current.run(its, work)

export const currentTrace = (): RequestTrace | undefined => current.getStore()?.trace

export const requestFields = (): Readonly<Record<string, unknown>> | undefined => current.getStore()?.fields

/** For what is said of the process, whichever request happened to meet it first. */
export const outsideRequests = <T>(work: () => T): T => current.run(undefined, work)
