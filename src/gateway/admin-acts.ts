/** Acts of administration: each is an event, done or refused. */
import type { Request, Response } from 'express'
import { Problem } from '../contract/problems.ts'
import { clientAddress } from '../http/request/client-address.ts'
import type { CallFacts } from '../journal/event/compose.ts'
import type { Guard } from '../journal/guard/call-guard.ts'
import type { ActByKey, ActBySession, ActFacts, Acts } from '../session/routes/acts.ts'
import { callFactsOf } from './call-facts.ts'

const targetsOf = ({ on }: ActFacts): CallFacts['targets'] => (on ? [{ role: 'subject', userId: on.userId ?? on.actor.id }] : [])

export const createActs = (guard: Pick<Guard, 'denied' | 'recorded'>): Acts => {
  const carryOut = async <T>(callFacts: CallFacts, { facts }: ActFacts, run: () => Promise<T>): Promise<T> => {
    try {
      const result = await run()
      guard.recorded(callFacts, { outcome: 'success', ...(facts && { facts }) })
      return result
    } catch (error) {
      if (error instanceof Problem && error.code === 'forbidden') guard.denied(callFacts)
      throw error
    }
  }
  const requestIdOf = (res: Response): string => String(res.locals['requestId'])

  return {
    byKey: async <T>(req: Request, res: Response, done: ActByKey, run: () => Promise<T>): Promise<T> => {
      const callFacts: CallFacts = {
        action: done.act,
        tenant: done.app,
        actor: { type: 'service', id: `key:${done.key.name}` },
        targets: targetsOf(done),
        context: { requestId: requestIdOf(res), ip: clientAddress(req), userAgent: req.headers['user-agent'] ?? '' },
      }
      return await carryOut(callFacts, done, run)
    },
    bySession: async <T>(req: Request, res: Response, done: ActBySession, run: () => Promise<T>): Promise<T> => {
      const about = { session: done.session, operation: { id: done.act }, targets: targetsOf(done), requestId: requestIdOf(res) }
      return await carryOut({ ...callFactsOf(req, about), policy: {} }, done, run)
    },
  }
}
