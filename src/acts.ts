/** Acts of administration as they are carried out: what was done and what was refused are both events. */
import type { Request, Response } from 'express'
import { askedOf } from './audit.ts'
import { clientAddress } from './http/client-address.ts'
import type { Act } from './journal/acts.ts'
import type { Asked } from './journal/compose.ts'
import type { Guard } from './journal/guard.ts'
import { Problem } from './problems.ts'
import type { Session } from './session/sessions.ts'

interface Done {
  readonly act: Act
  /** An app user, or a member of staff or a program by its own id; absent: everybody. */
  readonly on?: { readonly userId?: string | undefined; readonly actor: { readonly id: string } } | undefined
  readonly facts?: Readonly<Record<string, unknown>>
}

interface ByKey extends Done {
  readonly key: { readonly name: string }
  readonly app: string
}

interface BySession extends Done {
  readonly session: Session
}

const targetsOf = ({ on }: Done): Asked['targets'] => (on ? [{ role: 'subject', userId: on.userId ?? on.actor.id }] : [])

export const createActs = (guard: Pick<Guard, 'denied' | 'recorded'>) => {
  const carryOut = async <T>(asked: Asked, { facts }: Done, run: () => Promise<T>): Promise<T> => {
    try {
      const result = await run()
      guard.recorded(asked, { outcome: 'success', ...(facts && { facts }) })
      return result
    } catch (error) {
      if (error instanceof Problem && error.code === 'forbidden') guard.denied(asked)
      throw error
    }
  }
  const requestIdOf = (res: Response): string => String(res.locals['requestId'])

  return {
    byKey: async <T>(req: Request, res: Response, done: ByKey, run: () => Promise<T>): Promise<T> => {
      const asked: Asked = {
        action: done.act,
        tenant: done.app,
        actor: { type: 'service', id: `key:${done.key.name}` },
        targets: targetsOf(done),
        context: { requestId: requestIdOf(res), ip: clientAddress(req), userAgent: req.headers['user-agent'] ?? '' },
      }
      return await carryOut(asked, done, run)
    },
    bySession: async <T>(req: Request, res: Response, done: BySession, run: () => Promise<T>): Promise<T> => {
      const about = { session: done.session, operation: { id: done.act }, targets: targetsOf(done), requestId: requestIdOf(res) }
      return await carryOut({ ...askedOf(req, about), policy: {} }, done, run)
    },
  }
}

export type Acts = ReturnType<typeof createActs>
