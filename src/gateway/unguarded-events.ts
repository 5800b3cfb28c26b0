/** Events of unguarded calls: one afterwards, and one per refusal. Neither stops a call. */
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { CallFacts } from '../journal/event/compose.ts'
import type { Guard } from '../journal/guard/call-guard.ts'
import type { UpstreamAnswer } from '../upstream/call.ts'
import { answerFacts, failureFacts } from './call-facts.ts'

export const createUnguardedEvents = (guard: Pick<Guard, 'denied' | 'recorded'>) => ({
  /** A refusal is an event; a prompt to sign in again is not: the next call leaves its own. */
  orDenied: <T>(asked: () => CallFacts, check: () => T): T => {
    try {
      return check()
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'step_up_required')) guard.denied(asked())
      throw error
    }
  },

  /** An event of what changed or revealed something; none without a result. */
  recorded: async <A extends UpstreamAnswer | undefined>(
    { journal }: Pick<Operation, 'journal'>,
    asked: (answer?: A) => CallFacts,
    run: () => Promise<A>,
  ): Promise<A> => {
    if (journal === 'none') return await run()
    try {
      const answer = await run()
      if (answer) guard.recorded(asked(answer), { outcome: 'success', upstream: answerFacts(answer) })
      return answer
    } catch (error) {
      const { particulars }: Pick<Problem, 'particulars'> = error instanceof Problem ? error : { particulars: { outcome: 'unknown' } }
      const { outcome = 'not_sent' } = particulars
      if (outcome !== 'not_sent') guard.recorded(asked(), { outcome, upstream: failureFacts(particulars, true) })
      throw error
    }
  },
})
