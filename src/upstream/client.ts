/** Calls to the vendor: one call in, an answer or a problem out, within the row's time limit. ky sends again what may be; our deadline stands above it, since ky's own would lose an answer whose body is slow. */
import type { UpstreamApp, UpstreamKey } from '../../config/apps.ts'
import type { GuardedOperation, LimitClass, Operation, UnguardedOperation } from '../contract/operation.ts'
import { limitClass, timeLimit } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { markUnused, type Permit, PermitError, spendPermit } from '../journal/guard/permit.ts'
import type { Patience } from '../platform/deadline.ts'
import { startSendTrace } from '../platform/tracing.ts'
import type { ImageForm } from '../uploads/image.ts'
import { createClockWatch } from './clock-watch.ts'
import { authorization, createKeyring, idHoldsCredential } from './credentials.ts'
import { requestHeaders, requestId, retryAfter } from './headers.ts'
import { HTTPError, httpBy, lightResponse } from './http-client.ts'
import { createIsolation, probeCall } from './isolation.ts'
import type { UpstreamLog } from './log.ts'
import { metaOf, type Reply, toResult } from './result.ts'
import { isPassing, noRetry, retryRule } from './retry.ts'
import { type Deadline, freshConnections, keptConnections, send, Unanswered } from './sender.ts'
import { buildUrl } from './url.ts'

export interface UpstreamCall<O extends Operation = UnguardedOperation> {
  operation: O
  /** Decoded values. */
  params?: Record<string, string>
  query?: Readonly<Record<string, string>>
  /** Already checked; serialised anew here. */
  body?: unknown
  image?: ImageForm
  /** False keeps a `read` from being sent again; other rows never are. */
  retry?: boolean
  /** Whose places it takes towards the vendor; absent: those of its own class. */
  bulkhead?: LimitClass
  patience?: Patience | undefined
}

export interface UpstreamAnswer {
  status: number
  body: unknown
  /** How often something was sent. */
  calls: number
  durationMs: number
  /** The vendor's name for the call, by which its support finds it. */
  requestId?: string | undefined
}

interface Options {
  /** For tests that cannot wait. */
  timeLimit?: (row: Operation) => number
}

const tooLate = (cause: PermitError): Problem =>
  new Problem('journal_unavailable', {
    cause,
    outcome: 'not_sent',
    detail: 'Too much time passed between recording the call and sending it, so nothing was sent. Try again shortly.',
    headers: { 'Retry-After': '1' },
  })

type AnyCall = UpstreamCall<Operation>

/** State shared by the sends of one call. */
interface Sends {
  readonly deadline: Deadline
  /** When it falls, by the clock of `performance`. */
  readonly endsAt: number
  count: number
}

export const createUpstream = (log: UpstreamLog, options: Options = {}) => {
  const connections = keptConnections()
  const keyring = createKeyring()
  const limitOf = options.timeLimit ?? timeLimit

  const watchClock = createClockWatch((seconds) => log.clock?.(seconds))
  const remarked = new Set<string>()
  const remark = (operation: Operation['id'], field: string): void => {
    const name = `${operation} ${field}`
    if (remarked.has(name)) return
    remarked.add(name)
    log.odd({ operation, field })
  }

  /** One send and its answer. Throws only what the form of an image throws. */
  const exchange = async (
    app: UpstreamApp,
    url: URL,
    { operation, body, image }: AnyCall,
    token: string,
    traceparent: string,
    deadline: Deadline,
  ): Promise<Reply> => {
    try {
      const { status, headers, text } = await send({
        connections: operation.effect === 'guarded' ? freshConnections() : connections,
        url,
        method: operation.method,
        headers: requestHeaders(token, traceparent, image ? image.contentType : body === undefined ? undefined : 'application/json'),
        content: image ?? (body === undefined ? undefined : JSON.stringify(body)),
        deadline,
      })
      watchClock(headers['date'])
      const id = requestId(headers['x-request-id'])
      // It goes into log and journal, and the vendor may write what it likes there.
      const named = id === undefined || idHoldsCredential(app, id) ? undefined : id
      return { status, text, retryAfter: retryAfter(headers['retry-after']), requestId: named }
    } catch (error) {
      if (error instanceof Unanswered && !(error.cause instanceof Problem)) return error
      throw error instanceof Unanswered ? error.cause : error
    }
  }

  /** Told once for a key, and again when it was taken in between. */
  const alarmed = new Set<string>()
  const nameOf = ({ appId }: UpstreamApp, key: UpstreamKey | undefined): string => `${appId} ${key?.id}`
  const alarm = (problem: Problem, app: UpstreamApp, key: UpstreamKey | undefined, status: number): void => {
    const { code } = problem
    if ((code !== 'upstream_credentials' && code !== 'upstream_misconfigured') || alarmed.has(nameOf(app, key))) return
    alarmed.add(nameOf(app, key))
    log.alarm({ code, appId: app.appId, status, keyId: key?.id ?? '' })
  }

  const tokenFor = (app: UpstreamApp, key: UpstreamKey | undefined): string => {
    const token = key && authorization(app, key)
    if (token) return token
    const problem = new Problem('upstream_credentials', { outcome: 'not_sent', cause: 'there is no usable key' })
    alarm(problem, app, key, 0)
    throw problem
  }

  /** Sent with one key, as often as the row allows; the last reply counts. */
  const tries = async (app: UpstreamApp, url: URL, call: AnyCall, key: UpstreamKey | undefined, sends: Sends): Promise<Reply> => {
    const { operation } = call
    const token = tokenFor(app, key)
    const sendOnce = async (): Promise<Reply> => {
      sends.count += 1
      const began = performance.now()
      const trace = startSendTrace(operation.method, url, operation.path, sends.count - 1)
      const reply = await exchange(app, url, call, token, trace.traceparent, sends.deadline).catch((error: unknown) => {
        trace.end('aborted')
        throw error
      })
      trace.end('none' in reply ? reply.none : reply.status)
      const { status, requestId, retryAfter: seconds = 1 } = metaOf(reply)
      log.called({ operation: operation.id, status, ms: performance.now() - began, attempt: sends.count, requestId })
      if (status === 429) isolation.pause(app, seconds)
      return reply
    }
    let reply: Reply | undefined
    let inHand: Reply | undefined
    const fetch = async (): Promise<Response> => {
      // While ky waited, the vendor may have asked for a pause or have been found away.
      reply = inHand ?? (reply && isolation.isHeld(app) ? reply : await sendOnce())
      inHand = undefined
      if ('none' in reply) throw reply
      return lightResponse(reply.status, reply.retryAfter)
    }
    const ask = async (rule: typeof noRetry): Promise<Reply> => {
      await httpBy(url, { method: operation.method, fetch, ...rule }).catch((error: unknown) => {
        if (!(error instanceof HTTPError || error instanceof Unanswered)) throw error
      })
      return reply!
    }
    const first = await ask(noRetry)
    if (operation.effect !== 'read' || call.retry === false || !isPassing(first)) return first
    // Told only now, with the answer in hand: ky copies the request of a call that it may repeat.
    inHand = first
    return ask(retryRule(sends, () => isolation.takeRetry(app)))
  }

  const attempts = async (
    app: UpstreamApp,
    call: AnyCall,
    sends: Sends,
  ): Promise<Pick<UpstreamAnswer, 'status' | 'body' | 'requestId'>> => {
    const { operation, image, params, query } = call
    const url = buildUrl(app, operation, params, query)
    // A refused key did nothing, so the other one may be tried; a guarded row is sent once whatever
    // happens, and a stream cannot be sent twice.
    let mayTurn = operation.effect !== 'guarded' && !image
    for (let key = keyring.current(app); ; mayTurn = false) {
      const reply = await tries(app, url, call, key, sends)
      const { status, requestId } = metaOf(reply)
      const verdict = toResult(reply, operation, app)
      if (!(verdict instanceof Problem)) {
        for (const field of verdict.odd) remark(operation.id, field)
        if (alarmed.size > 0) alarmed.delete(nameOf(app, key))
        return { status, body: verdict.body, requestId }
      }
      Object.assign(verdict.particulars, { upstreamStatus: status || undefined, upstreamRequestId: requestId })
      alarm(verdict, app, key, status)
      const other = key && verdict.code === 'upstream_credentials' ? keyring.refuse(app, key) : undefined
      if (!other || !mayTurn) throw verdict
      key = other
    }
  }

  /** Within the time of its row; a read, within the patience of whoever waits for it. */
  const inTime = async <T>(call: AnyCall, work: (sends: Sends) => Promise<T>): Promise<T> => {
    const started = performance.now()
    const limit = limitOf(call.operation)
    const { until = Infinity, onGone }: Patience = (call.operation.effect === 'read' && call.patience) || {}
    const left = Math.min(limit, until - started)
    const deadline: Deadline = { over: false, cut: () => {} }
    const end = (dropped: boolean): void => {
      Object.assign(deadline, { over: true, dropped })
      deadline.cut()
    }
    const timer = setTimeout(end, Math.max(0, left), left < limit)
    onGone?.(() => end(true))
    try {
      return await work({ deadline, endsAt: started + left, count: 0 })
    } finally {
      clearTimeout(timer)
      call.image?.cancel()
    }
  }

  const isolation = createIsolation(log, (app) => inTime(probeCall, (sends) => attempts(app, probeCall, sends)))

  const run = (app: UpstreamApp, call: AnyCall): Promise<UpstreamAnswer> =>
    inTime(call, async (sends) => {
      const started = performance.now()
      const answered = await isolation.run(app, call.bulkhead ?? limitClass(call.operation), () => attempts(app, call, sends))
      return { ...answered, calls: sends.count, durationMs: performance.now() - started }
    })

  return {
    call: (app: UpstreamApp, call: UpstreamCall): Promise<UpstreamAnswer> => run(app, call),
    /** A guarded call spends a permit of the journal; without one it does not compile. */
    callGuarded: async (app: UpstreamApp, permit: Permit, call: UpstreamCall<GuardedOperation>): Promise<UpstreamAnswer> => {
      try {
        spendPermit(permit, call.operation.id)
        return await run(app, call)
      } catch (error) {
        if (error instanceof Problem && error.particulars.outcome === 'not_sent') markUnused(permit)
        if (error instanceof PermitError && error.reason === 'expired') throw tooLate(error)
        throw error
      }
    },
    bulkheads: isolation.bulkheads,
    /** Ends idle connections, and the search for a vendor that is away. */
    close: (): void => {
      isolation.close()
      void connections.close()
    },
  }
}

export type Upstream = ReturnType<typeof createUpstream>
