/** A call that destroys nothing: from the cache or to the vendor, creating the own user at need. */
import type { AppUsers } from '../cache/app-users.ts'
import type { UnguardedOperation } from '../contract/operation.ts'
import type { Before } from '../journal/event/compose.ts'
import type { Guard } from '../journal/guard/call-guard.ts'
import { confirmCaller, decide, isStaff, requireImageRole } from '../policy/decide.ts'
import { requireFields } from '../policy/writable-fields.ts'
import type { Sessions } from '../session/sessions.ts'
import { readImageForm } from '../uploads/image.ts'
import type { Upstream } from '../upstream/client.ts'
import type { AuditRules } from './audit-headers.ts'
import type { Call } from './call.ts'
import { callFacts, targetsIn, targetsOf } from './call-facts.ts'
import { createChangedValues } from './changed-values.ts'
import type { Idempotency } from './idempotency.ts'
import type { Provisioning } from './provisioning.ts'
import { type Answer, type Result, toReply } from './reply.ts'
import { createUnguardedEvents } from './unguarded-events.ts'
import { createUploadShares } from './upload-shares.ts'

export interface UnguardedCallParts {
  readonly sessions: Sessions
  /** With invalidation around each change. */
  readonly upstream: Upstream
  readonly appUsers: AppUsers
  readonly guard: Guard
  readonly idempotency: Idempotency
  readonly auditRules: Pick<AuditRules, 'updateValues'>
}

type UnguardedCall = Call<UnguardedOperation>

export const createUnguardedCall = (parts: UnguardedCallParts, provisioning: Provisioning) => {
  const { sessions, upstream, appUsers, guard, idempotency, auditRules } = parts
  const { accept, orCreate, proveOwn } = provisioning
  const { orDenied, recorded } = createUnguardedEvents(guard)
  const readChangedValues = createChangedValues(upstream)
  const inShare = createUploadShares()

  /** From the cache, or from the vendor in one call for all who ask. */
  const readThroughCache = async (call: UnguardedCall): Promise<Answer> => {
    const { app, session, caller, prefetched } = call
    const [{ id, self }] = call.subjects
    return await orCreate(call, async () => {
      const ownKey = self ? session.place.tag : undefined
      const { onGone, ...patience } = call.patience ?? {}
      const read = await appUsers.read({ app: app.appId, id, ownKey, prefetched, onGone }, (allGone) =>
        upstream.call(app, { ...call, patience: { ...patience, onGone: allGone } }),
      )
      const { entry, fetched = { status: 200, calls: 0, durationMs: 0 } } = read
      const enough = caller === 'self' && fetched.calls === 0 && session.smooch !== undefined
      const body = enough ? undefined : entry.body()
      return { ...fetched, body, selfView: entry.selfView, cache: read.outcome, headers: { 'Cache-Status': read.status } }
    })
  }

  const callUpstream = async (call: UnguardedCall): Promise<Answer> => {
    await proveOwn(call)
    return await orCreate(call, () => upstream.call(call.app, call))
  }

  /** Provisioned first, since a stream cannot be sent again. */
  const upload = async (call: UnguardedCall): Promise<Answer> => {
    const { app, operation, request, session, subjects } = call
    const [subject] = subjects
    // Disposed of on every way out, not only at its deadline.
    using image = await readImageForm(request, {
      checkFields: async (fields) => {
        const now = await sessions.reloadAfterBody(session)
        const check = () => {
          const caller = decide(now, operation, [subject], now.foundMs)
          requireImageRole(now, caller, subject, fields.role)
          requireFields(caller, operation, fields, { selfProperties: [] })
        }
        orDenied(() => callFacts({ ...call, caller: undefined, reason: undefined }, targetsOf(session, subjects)), check)
      },
    })
    await proveOwn(call)
    return await upstream.call(app, { ...call, image })
  }
  const uploadInShare = (call: UnguardedCall): Promise<Answer> => inShare(call.session, () => upload(call))

  /** The session may have ended while the user was read. */
  const changedValues = async (call: UnguardedCall): Promise<Before | undefined> => {
    const before = auditRules.updateValues ? await readChangedValues(call) : undefined
    if (before) confirmCaller(await sessions.reload(call.session), call.caller)
    return before
  }

  const send = ({ cache, takes }: UnguardedOperation) =>
    takes === 'ImageUpload' ? uploadInShare : cache === 'store' ? readThroughCache : callUpstream

  return async (call: UnguardedCall): Promise<Result> => {
    const { operation, session, subjects, idempotencyKey } = call
    let answer: Answer | undefined
    const run = async () => {
      const before = await changedValues(call)
      const facts = (answer?: Answer) => ({
        ...callFacts(call, answer ? targetsIn(operation, answer.body, session, subjects) : targetsOf(session, subjects)),
        ...(before && { before }),
      })
      answer = await recorded(operation, facts, () => send(operation)(call))
      await accept(call, answer.body)
      return toReply(call, answer)
    }
    if (idempotencyKey === undefined) {
      const reply = await run()
      return { reply, headers: answer!.headers ?? {}, answer: answer! }
    }
    // What was shown to staff is repeated to nobody who is staff no more.
    const view = isStaff(call.caller) ? [] : ['self']
    const { reply, replayed } = await idempotency(session, idempotencyKey, [operation.id, call.body, ...view], run, (problem) =>
      toReply(call, problem),
    )
    return { reply, headers: replayed ? { 'Idempotency-Replayed': 'true' } : {}, ...(answer && { answer }) }
  }
}
