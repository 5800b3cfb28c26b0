/** The only place that talks to the vendor: one call in, an answer or a problem out, within the row's time limit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type GuardedOperation, type OpenOperation, type Operation, timeLimit } from '../operation.ts'
import { type Permit, spendPermit } from '../permit.ts'
import { Problem } from '../problems.ts'
import { judge, type Reply } from './answer.ts'
import { type Budget, createConnections, type Wire } from './connections.ts'
import { authorization, createKeyring, type UpstreamApp, type UpstreamKey } from './credentials.ts'
import { type Payload, requestHeaders, requestId, retryAfter } from './headers.ts'
import type { ImageForm } from './image.ts'
import { readText } from './read-text.ts'
import { retryDelay } from './retry.ts'
import { buildUrl } from './url.ts'

export type { UpstreamApp, UpstreamKey } from './credentials.ts'

export interface UpstreamLog {
  /** Operators must act: the vendor refuses our key or does not know the app. */
  alarm(event: { code: 'upstream_credentials' | 'upstream_misconfigured'; appId: string; status: number; keyId: string }): void
  /** An answer was passed on that is not as the vendor describes it; told once for each field. */
  odd(event: { operation: Operation['id']; field: string }): void
  /** One send; the status is 0 when there was no answer. */
  called(event: { operation: Operation['id']; status: number; ms: number; attempt: number; requestId: string | undefined }): void
}

export interface UpstreamCall<O extends Operation = OpenOperation> {
  operation: O
  /** Decoded values. */
  params?: Record<string, string>
  query?: Readonly<Record<string, string>>
  /** Already checked; serialised anew here. */
  body?: unknown
  image?: ImageForm
  /** False keeps a `read` from being sent again; other rows never are. */
  retry?: boolean
}

export interface UpstreamAnswer {
  status: number
  body: unknown
  /** How often something was sent. */
  calls: number
  durationMs: number
}

interface Options {
  /** For tests that cannot wait. */
  timeLimit?: (row: Operation) => number
}

/** Bytes of an answer that we are willing to hold. */
const most = { answer: 2_000_000, error: 64_000 }

const isAnswerTo = (status: number, image: ImageForm | undefined): boolean => !image || image.sealed || status >= 400

type AnyCall = UpstreamCall<Operation>

const payloadOf = ({ body, image }: AnyCall): { payload?: Payload; content?: string | AsyncIterable<Uint8Array> } => {
  if (image) return { payload: { type: image.contentType }, content: image.parts() }
  if (body === undefined) return {}
  const content = JSON.stringify(body)
  return { content, payload: { type: 'application/json', length: Buffer.byteLength(content) } }
}

/** The parser's errors: something came that is not HTTP. */
const isMalformed = (error: unknown): boolean => String((error as NodeJS.ErrnoException | undefined)?.code).startsWith('HPE_')

export const createUpstream = (log: UpstreamLog, options: Options = {}) => {
  const connections = createConnections()
  const keyring = createKeyring()
  const limitOf = options.timeLimit ?? timeLimit

  const remarked = new Set<string>()
  const remark = (operation: Operation['id'], field: string): void => {
    const name = `${operation} ${field}`
    if (remarked.has(name)) return
    remarked.add(name)
    log.odd({ operation, field })
  }

  /** One send and its answer. Throws only what the form of an image throws. */
  const exchange = async (url: URL, call: AnyCall, token: string, budget: Budget): Promise<Reply> => {
    const { operation, image } = call
    const wire: Wire = { sent: false }
    const { payload, content } = payloadOf(call)
    try {
      const headers = requestHeaders(token, payload)
      const answer = await connections.send(url, {
        method: operation.method,
        headers,
        content,
        fresh: operation.effect === 'guarded',
        budget,
        wire,
      })
      const { status, stream } = answer
      const ok = status >= 200 && status < 300
      // What an error says is a courtesy: its status stands without it.
      const text = ok ? await readText(stream, most.answer) : await readText(stream, most.error).catch(() => undefined)
      if (!isAnswerTo(status, image)) return { none: 'malformed', sent: true, cause: `answered ${status} to half a form` }
      return { status, text, retryAfter: retryAfter(answer.header('retry-after')), requestId: requestId(answer.header('x-request-id')) }
    } catch (error) {
      if (error instanceof Problem) throw error
      const none = budget.over ? 'timeout' : isMalformed(error) ? 'malformed' : 'reset'
      return { none, sent: wire.sent, cause: error }
    }
  }

  const alarm = (problem: Problem, { appId }: UpstreamApp, key: UpstreamKey | undefined, status: number): void => {
    const { code } = problem
    if (code === 'upstream_credentials' || code === 'upstream_misconfigured') log.alarm({ code, appId, status, keyId: key?.id ?? '' })
  }

  const tokenFor = (app: UpstreamApp, key: UpstreamKey | undefined): string => {
    const token = key && authorization(app, key)
    if (token) return token
    const problem = new Problem('upstream_credentials', { outcome: 'not_sent', cause: 'there is no usable key' })
    alarm(problem, app, key, 0)
    throw problem
  }

  const attempts = async (app: UpstreamApp, call: AnyCall, deadline: number, budget: Budget) => {
    const { operation, image, params, query } = call
    const url = buildUrl(app, operation, params, query)
    let key = keyring.current(app)
    let swapped = false
    for (let calls = 1, retries = 0; ; calls += 1) {
      const token = tokenFor(app, key)
      const began = performance.now()
      const reply = await exchange(url, call, token, budget)
      const answered = 'none' in reply ? { status: 0, requestId: undefined } : reply
      const { status } = answered
      log.called({ operation: operation.id, status, ms: performance.now() - began, attempt: calls, requestId: answered.requestId })
      const verdict = judge(reply, operation, app)
      if (verdict instanceof Problem) verdict.particulars.upstreamStatus = status || undefined
      if (!(verdict instanceof Problem)) {
        for (const field of verdict.odd) remark(operation.id, field)
        return { status, body: verdict.body, calls }
      }
      alarm(verdict, app, key, status)
      if (key && verdict.code === 'upstream_credentials') {
        // A refused key did nothing, so another may be tried; a guarded row is sent once whatever happens, and a stream cannot be sent twice.
        const other = keyring.refuse(app, key)
        if (!other || swapped || operation.effect === 'guarded' || image) throw verdict
        swapped = true
        key = other
        continue
      }
      const wait = call.retry === false ? undefined : retryDelay(operation, reply, retries)
      if (wait === undefined || performance.now() + wait >= deadline) throw verdict
      retries += 1
      await sleep(wait)
    }
  }

  const send = async (app: UpstreamApp, call: AnyCall): Promise<UpstreamAnswer> => {
    const started = performance.now()
    const limit = limitOf(call.operation)
    const budget: Budget = { over: false, cut: () => {} }
    const timer = setTimeout(() => {
      budget.over = true
      budget.cut()
    }, limit)
    try {
      const answer = await attempts(app, call, started + limit, budget)
      return { ...answer, durationMs: performance.now() - started }
    } finally {
      clearTimeout(timer)
      call.image?.abandon()
    }
  }

  return {
    call: (app: UpstreamApp, call: UpstreamCall): Promise<UpstreamAnswer> => send(app, call),
    /** What destroys is sent only on a permit of the journal, which this spends; without one it does not compile. */
    callGuarded: async (app: UpstreamApp, permit: Permit, call: UpstreamCall<GuardedOperation>): Promise<UpstreamAnswer> => {
      spendPermit(permit, call.operation.id)
      return await send(app, call)
    },
    /** Ends idle connections. */
    close: connections.close,
  }
}

export type Upstream = ReturnType<typeof createUpstream>
