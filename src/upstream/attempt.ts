/** A call with one key, sent as often as its row allows. ky sends again what may be; our deadline
 * stands above it, since ky's own would lose an answer whose body is slow. */
import type { UpstreamApp } from '../../config/apps.ts'
import { Problem } from '../contract/problems.ts'
import { startSendTrace } from '../platform/tracing.ts'
import type { AnyCall, Sends } from './call.ts'
import { createClockWatch } from './clock-watch.ts'
import { idHoldsCredential } from './credentials.ts'
import { requestHeaders, requestId, retryAfter } from './headers.ts'
import { HTTPError, httpBy, lightResponse } from './http-client.ts'
import type { Isolation } from './isolation.ts'
import type { UpstreamLog } from './log.ts'
import { metaOf, type Reply } from './result.ts'
import { isPassing, noRetry, retryRule } from './retry.ts'
import { type Deadline, freshConnections, keptConnections, send, Unanswered } from './sender.ts'

export const createAttempt = (log: UpstreamLog, isolation: Isolation) => {
  const connections = keptConnections()
  const watchClock = createClockWatch((seconds) => log.clock?.(seconds))

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

  const sendOnce = async (app: UpstreamApp, url: URL, call: AnyCall, token: string, sends: Sends): Promise<Reply> => {
    const { operation } = call
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

  return {
    /** The last reply counts. */
    run: async (app: UpstreamApp, url: URL, call: AnyCall, token: string, sends: Sends): Promise<Reply> => {
      const { operation } = call
      let reply: Reply | undefined
      let inHand: Reply | undefined
      const fetch = async (): Promise<Response> => {
        // While ky waited, the vendor may have asked for a pause or have been found away.
        reply = inHand ?? (reply && isolation.isHeld(app) ? reply : await sendOnce(app, url, call, token, sends))
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
    },
    /** Ends idle connections. */
    close: (): void => void connections.close(),
  }
}
