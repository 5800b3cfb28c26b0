/** The answer of an earlier call to its repeat: by the Idempotency-Key, or without one while what
 * the same request did a moment ago still stands. */
import type { GuardedOperation } from '../contract/operation.ts'
import { isUserNotFound, Problem } from '../contract/problems.ts'
import type { Guard, GuardedCall as Intent, Observed, ReplayedOperation } from '../journal/guard/call-guard.ts'
import type { Found } from './before-image.ts'
import type { Call } from './call.ts'
import { callFacts, namesAsked } from './call-facts.ts'
import { type Result, visibleReply } from './reply.ts'

type GuardedCall = Call<GuardedOperation>

interface EarlierCall {
  /** Before anything is read. Throws while the earlier call runs. */
  answer(): Promise<Result | undefined>
  /** After a look that failed so: the earlier call may be why. */
  afterFailedLook(error: unknown): Promise<Result | undefined>
  /** By what stands there now. */
  afterLook(found: readonly Found[]): Promise<Result | undefined>
}

export const earlierCall = (guard: Guard, call: GuardedCall, request: Intent['request']): EarlierCall => {
  const facts = { ...callFacts(call, namesAsked(call.subjects)), request }
  return call.idempotencyKey === undefined
    ? bySameRequest(guard, call, facts)
    : byKey(guard, { ...facts, targets: [], idempotencyKey: call.idempotencyKey })
}

const byKey = (guard: Guard, facts: Intent): EarlierCall => {
  const recall = async () => {
    const first = await guard.recall(facts)
    return first && replayResult(first)
  }
  return {
    answer: recall,
    afterFailedLook: recall,
    afterLook: async (found) => (found.some(({ another }) => another) ? await recall() : undefined),
  }
}

const bySameRequest = (guard: Guard, call: GuardedCall, facts: Intent): EarlierCall => {
  let earlier: Awaited<ReturnType<Guard['earlier']>>
  const answerBy = async (seen: Observed, appUser: unknown): Promise<Result | undefined> => {
    const ended = await earlier?.standing(seen)
    if (!earlier || !ended) return undefined
    const { id } = earlier
    if (ended === 'unknown') throw new Problem('operation_unknown', { headers: { 'Audit-Operation': id } })
    const { returns } = call.operation
    return returns === 'Empty' || appUser ? replayResult({ id, replay: visibleReply(call, { appUser }) }) : undefined
  }
  return {
    answer: async () => {
      earlier = await guard.earlier(facts)
      return undefined
    },
    afterFailedLook: async (error) => (isUserNotFound(error) ? await answerBy('nobody', undefined) : undefined),
    afterLook: async (found) =>
      found.every(({ before }) => before)
        ? await answerBy(Object.fromEntries(found.map(({ role, before }) => [role, before!])), found[0]!.before)
        : undefined,
  }
}

export const replayResult = ({ id, replay }: ReplayedOperation): Result => ({
  reply: replay,
  headers: { 'Audit-Operation': id, 'Idempotency-Replayed': 'true' },
})
