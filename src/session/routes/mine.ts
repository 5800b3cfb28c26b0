/** `/auth/sessions`: people see where they are signed in and end what they do not know; staff end a
 * user's sessions. */

import type { Request, Response, Router } from 'express'
import type { LimitClass } from '../../contract/operation.ts'
import { Problem } from '../../contract/problems.ts'
import { addLogFields } from '../../http/access-log.ts'
import { checkBody, discardBody, readJson } from '../../http/body.ts'
import type { CookieNames } from '../../http/cookies.ts'
import { routes } from '../../http/endpoint.ts'
import { limitCalls } from '../../http/rate-limit.ts'
import { isWithin } from '../caps.ts'
import { clearCookie } from '../cookie.ts'
import type { LiveSession, People } from '../people.ts'
import type { Person } from '../record.ts'
import type { Session, Sessions } from '../sessions.ts'
import type { Acts } from './acts.ts'
import { noQuery } from './current.ts'
import { EndBody, ownEndpoints } from './endpoints.ts'

const view = ({ sid, createdMs, expiresMs, lastSeenMs, entry }: LiveSession, own: string) => ({
  sessionId: sid,
  current: sid === own,
  kind: entry.kind,
  device: entry.device,
  createdAt: new Date(createdMs).toISOString(),
  lastSeenAt: new Date(lastSeenMs).toISOString(),
  expiresAt: new Date(expiresMs).toISOString(),
})

export const ownSessionsRoutes = (sessions: Sessions, people: People, acts: Acts, cookies: CookieNames): Router => {
  const caller = async (req: Request, res: Response, limit: LimitClass): Promise<Session> => {
    noQuery(req)
    const { session } = await sessions.require(req, { limit, decide: limitCalls(req, res) })
    addLogFields(res, { actor: session.place.tag, session: session.sid, kind: session.kind, roles: session.roles })
    return session
  }
  /** The session after the body was read and dropped: it may have ended meanwhile. */
  const withoutBody = async (req: Request, res: Response, limit: LimitClass): Promise<Session> => {
    const entered = await caller(req, res, limit)
    await discardBody(req)
    return await sessions.reloadAfterBody(entered)
  }
  const list = async (req: Request, res: Response): Promise<void> => {
    const session = await withoutBody(req, res, 'reads')
    const shown = (await people.list(session)).filter(({ entry }) => isWithin(session.cap, entry))
    res.json({ sessions: shown.map((it) => view(it, session.sid)) })
  }
  const endOne = async (req: Request, res: Response): Promise<void> => {
    const session = await withoutBody(req, res, 'writes')
    const id = String(req.params['sessionId'])
    if (!(await people.endOne(session, id, session.cap))) throw new Problem('session_not_found')
    if (id === session.sid && session.kind === 'cookie') res.setHeader('Set-Cookie', clearCookie(cookies))
    res.status(204).end()
  }
  const endMine = async (req: Request, res: Response): Promise<void> => {
    const session = await withoutBody(req, res, 'writes')
    await people.endAllWithin(session.cap, session)
    if (session.kind === 'cookie') res.setHeader('Set-Cookie', clearCookie(cookies))
    res.status(204).end()
  }
  const endForUser = async (req: Request, res: Response): Promise<void> => {
    const entered = await caller(req, res, 'writes')
    const { userId, actorId } = checkBody(EndBody, await readJson(req))
    const session = await sessions.reloadAfterBody(entered)
    const person = { app: session.app, userId, actor: { id: userId ?? actorId! } }
    await acts.bySession(req, res, { session, act: 'end_sessions', on: person }, async () => {
      await requireMayEnd(session, person)
      await people.endAll(person)
    })
    res.status(204).end()
  }
  const requireMayEnd = async ({ roles }: Session, person: Person): Promise<void> => {
    if (roles.includes('admin')) return
    if (!roles.includes('agent')) throw new Problem('forbidden')
    // Only staff and programs are named by an actor's id.
    if (person.userId === undefined || !(await people.held(person)).every((held) => isWithin(['user'], held)))
      throw new Problem('forbidden', { detail: 'Only an admin ends the sessions of staff and programs.' })
  }
  return routes(ownEndpoints, {
    list_my_sessions: list,
    end_my_sessions: endMine,
    end_sessions_of_user: endForUser,
    end_my_session: endOne,
  })
}
