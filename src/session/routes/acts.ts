/** The journal as the routes see it: events of what they do to other people's sessions. */
import type { Request, Response } from 'express'
import type { Act } from '../../journal/event/actions.ts'
import type { Session } from '../record.ts'

export interface ActFacts {
  readonly act: Act
  /** The person the act is done to; absent: everybody. */
  readonly on?: { readonly userId?: string | undefined; readonly actor: { readonly id: string } } | undefined
  readonly facts?: Readonly<Record<string, unknown>>
}

export interface ActByKey extends ActFacts {
  readonly key: { readonly name: string }
  readonly app: string
}

export interface ActBySession extends ActFacts {
  readonly session: Session
}

/** Each carries out the act and records it; a `forbidden` is recorded as denied. */
export interface Acts {
  byKey<T>(req: Request, res: Response, act: ActByKey, run: () => Promise<T>): Promise<T>
  bySession<T>(req: Request, res: Response, act: ActBySession, run: () => Promise<T>): Promise<T>
}
