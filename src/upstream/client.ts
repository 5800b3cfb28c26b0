/** Calls to the vendor: one call in, an answer or a problem out, within the row's time limit. */
import type { UpstreamApp, UpstreamKey } from '../../config/apps.ts'
import { type GuardedOperation, limitClass, type Operation, timeLimit } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { markUnused, type Permit, PermitError, spendPermit } from '../journal/guard/permit.ts'
import { createAttempt } from './attempt.ts'
import { type AnyCall, type Sends, type UpstreamAnswer, type UpstreamCall, withDeadline } from './call.ts'
import { authorization, createKeyring } from './credentials.ts'
import { createIsolation, probeCall } from './isolation.ts'
import type { UpstreamLog } from './log.ts'
import { metaOf, toResult } from './result.ts'
import { buildUrl } from './url.ts'

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

/** Alarms about keys: told once for a key, and again when it was taken in between. */
const createKeyAlarms = (log: UpstreamLog) => {
  const told = new Set<string>()
  const nameOf = ({ appId }: UpstreamApp, key: UpstreamKey | undefined): string => `${appId} ${key?.id}`
  return {
    raise: ({ code }: Problem, app: UpstreamApp, key: UpstreamKey | undefined, status: number): void => {
      if ((code !== 'upstream_credentials' && code !== 'upstream_misconfigured') || told.has(nameOf(app, key))) return
      told.add(nameOf(app, key))
      log.alarm({ code, appId: app.appId, status, keyId: key?.id ?? '' })
    },
    taken: (app: UpstreamApp, key: UpstreamKey | undefined): void => {
      if (told.size > 0) told.delete(nameOf(app, key))
    },
  }
}

/** Fields of answers that are not as the vendor describes them: each is told once. */
const createRemarks = (log: UpstreamLog) => {
  const told = new Set<string>()
  return (operation: Operation['id'], field: string): void => {
    const name = `${operation} ${field}`
    if (told.has(name)) return
    told.add(name)
    log.odd({ operation, field })
  }
}

export const createUpstream = (log: UpstreamLog, { timeLimit: limitOf = timeLimit }: Options = {}) => {
  const keyring = createKeyring()
  const alarms = createKeyAlarms(log)
  const remark = createRemarks(log)
  const isolation = createIsolation(log, (app) =>
    withDeadline(limitOf(probeCall.operation), probeCall, (sends) => attempts(app, probeCall, sends)),
  )
  const attempt = createAttempt(log, isolation)

  const tokenFor = (app: UpstreamApp, key: UpstreamKey | undefined): string => {
    const token = key && authorization(app, key)
    if (token) return token
    const problem = new Problem('upstream_credentials', { outcome: 'not_sent', cause: 'there is no usable key' })
    alarms.raise(problem, app, key, 0)
    throw problem
  }

  /** With the key in use, and once with the other when the vendor refuses that. */
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
      const reply = await attempt.run(app, url, call, tokenFor(app, key), sends)
      const { status, requestId } = metaOf(reply)
      const verdict = toResult(reply, operation, app)
      if (!(verdict instanceof Problem)) {
        for (const field of verdict.odd) remark(operation.id, field)
        alarms.taken(app, key)
        return { status, body: verdict.body, requestId }
      }
      Object.assign(verdict.particulars, { upstreamStatus: status || undefined, upstreamRequestId: requestId })
      alarms.raise(verdict, app, key, status)
      const other = key && verdict.code === 'upstream_credentials' ? keyring.refuse(app, key) : undefined
      if (!other || !mayTurn) throw verdict
      key = other
    }
  }

  const run = (app: UpstreamApp, call: AnyCall): Promise<UpstreamAnswer> =>
    withDeadline(limitOf(call.operation), call, async (sends) => {
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
      attempt.close()
    },
  }
}

export type Upstream = ReturnType<typeof createUpstream>
