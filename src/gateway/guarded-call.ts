/** A guarded call: gate, before-image, intent, permit, one send, outcome, end of sessions. */
import type { GuardedOperation } from '../contract/operation.ts'
import { isUserNotFound, Problem } from '../contract/problems.ts'
import type { Guard, OpenOperation } from '../journal/guard/call-guard.ts'
import { isUsed } from '../journal/guard/permit.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { UntilDone } from '../platform/until-done.ts'
import { confirmCaller } from '../policy/decide.ts'
import type { Person } from '../session/record.ts'
import type { Sessions } from '../session/sessions.ts'
import type { UpstreamCall } from '../upstream/call.ts'
import type { Upstream } from '../upstream/client.ts'
import { beforeImageOf, bySmoochId, createBeforeImages, type Found, subjectsUnresolved } from './before-image.ts'
import { type Call, isOwn } from './call.ts'
import { answerFacts, callFacts, failureFacts, pathFacts, requestFacts } from './call-facts.ts'
import { earlierCall, replayResult } from './earlier-call.ts'
import type { Provisioning } from './provisioning.ts'
import { type Result, toReply } from './reply.ts'

export interface GuardedCallParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly guard: Guard
  /** For what the deletion of a person leaves to do. */
  readonly untilDone: UntilDone
  readonly alarm: Alarm
}

type GuardedCall = Call<GuardedOperation>
type Marks = Awaited<ReturnType<Sessions['markGone']>>

export const createGuardedCall = (parts: GuardedCallParts, { accept, acceptOwn, create }: Provisioning) => {
  const { sessions, upstream, guard, untilDone, alarm } = parts
  const { look, userIdsOf } = createBeforeImages(parts)

  const guardedCall = async (call: GuardedCall): Promise<Result> => {
    if (!guard.status().open) throw new Problem('journal_unavailable', { outcome: 'not_sent', headers: { 'Retry-After': '5' } })
    const { app, operation } = call
    const idempotencyKey = call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }
    const request = requestFacts(call)
    const earlier = earlierCall(guard, call, request)
    const before = await earlier.answer()
    if (before) return before

    const found = await readBefore(call).catch(async (error: unknown) => {
      const first = await earlier.afterFailedLook(error)
      if (first) return first
      throw error
    })
    if ('reply' in found) return found
    await requireOwn(call, found)
    const first = await earlier.afterLook(found)
    if (first) return first
    if (found.some(({ another }) => another)) throw refuseAnotherUser(call, found)
    const named = bySmoochId(call, found)
    const targets = found.flatMap((it) => it.targets)
    const isBySmoochId = found.every(({ smoochId }) => smoochId !== undefined)
    const path = pathFacts(app, named, isBySmoochId, request)
    const intent = { ...callFacts(call, targets), ...path, before: beforeImageOf(found), ...idempotencyKey }
    const userIds = await userIdsOf(app, found, operation.removes)
    const begun = await guard.begin(intent)
    return begun.replay ? replayResult(begun) : await send(call, named, begun, found, userIds)
  }

  /** After the durable intent: sent once, its outcome recorded, sessions of the removed ended. */
  const send = async (
    call: GuardedCall,
    named: UpstreamCall<GuardedOperation>,
    begun: OpenOperation,
    found: readonly Found[],
    userIds: readonly string[],
  ): Promise<Result> => {
    const { app, operation } = call
    const removed = userIds.map((userId) => ({ app: app.appId, userId, actor: { id: userId } }))
    const headers: Record<string, string> = { 'Audit-Operation': begun.id, 'Audit-Receipt': String(begun.index) }
    const record = async (outcome: Parameters<OpenOperation['end']>[0]): Promise<void> => {
      const { pending } = await begun.end(outcome)
      if (pending) headers['Audit-Outcome'] = 'pending'
    }
    let marks: Marks | undefined
    try {
      // Marked before the send, so that nothing creates the person anew meanwhile.
      marks = await sessions.markGone(removed)
      if (marks.failure !== undefined) throw marks.failure
      confirmCaller(await sessions.reload(call.session), call.caller)
      const answer = await upstream.callGuarded(app, begun.permit, named)
      const refusal = await accept(call, answer.body).catch((problem: Problem) => problem)
      const reply = toReply(call, refusal ?? answer)
      await record({ outcome: 'success', upstream: answerFacts(answer), response: reply })
      await end(removed)
      if (refusal) throw refusal
      return { reply, headers, answer }
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('internal', { cause: error })
      const outcome = isUsed(begun.permit) ? (problem.particulars.outcome ?? 'unknown') : 'not_sent'
      const upstream = { ...failureFacts(problem.particulars, outcome !== 'not_sent'), code: problem.code }
      await record({ outcome, upstream, response: toReply(call, problem) })
      // Present before and missing now: another call removed the person meanwhile.
      const gone = operation.removes === 'subject' && problem.code === 'user_not_found' && found.every(({ before }) => before)
      if (outcome === 'unknown' || gone) await end(removed)
      else if (marks) await unmark(marks)
      throw problem.with({ headers })
    }
  }

  /** Never throws: a failing store must not turn the vendor's answer into an error. */
  const end = async (persons: readonly Person[]): Promise<void> => {
    await Promise.all(
      persons.map((person) =>
        untilDone.start(
          () => sessions.endPerson(person),
          (cause) => alarm('sessions_not_ended', { cause }),
        ),
      ),
    )
  }
  const unmark = ({ takeBack }: Marks): Promise<void> => untilDone.start(takeBack, (cause) => alarm('person_not_unmarked', { cause }))

  const readBefore = async (call: GuardedCall): Promise<Found[]> => {
    const all = () => Promise.all(call.subjects.map((subject) => look(call.app, call.operation, subject)))
    try {
      return await all()
    } catch (error) {
      if (!isUserNotFound(error) || !isOwn(call)) throw error
      await create(call)
      return await all()
    }
  }

  /** A name that was never answered with its own user may lead to somebody else. */
  const requireOwn = async (call: GuardedCall, found: readonly Found[]): Promise<void> => {
    if (!isOwn(call)) return
    for (const { before } of found) if (before) await acceptOwn(call.session, { appUser: before })
    if (call.session.smooch === undefined && found.some(({ before }) => !before)) throw subjectsUnresolved()
  }

  /** Refused: the user in the answer may not be the one that was meant. */
  const refuseAnotherUser = (call: GuardedCall, found: readonly Found[]): Problem => {
    const refusal = new Problem('another_user', { outcome: 'not_sent' })
    const targets = found.flatMap((it) => it.targets)
    guard.recorded(callFacts(call, targets), { outcome: 'not_sent', upstream: { status: null, code: refusal.code, sent: false } })
    return refusal
  }

  return guardedCall
}
