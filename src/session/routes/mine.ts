/** `/auth/sessions`: people see and end their own sessions; staff end a user's. */

import type { Response, Router } from 'express'
import { Problem } from '../../contract/problems.ts'
import { addLogFields } from '../../http/access-log.ts'
import { type Authorization, handledRoutes } from '../../http/endpoint-handler.ts'
import { limitCalls } from '../../http/rate-limit.ts'
import type { CookieNames } from '../../http/request/cookies.ts'
import { isWithin } from '../caps.ts'
import { clearCookie } from '../credentials/headers.ts'
import type { People } from '../people.ts'
import type { LiveSession } from '../person-sessions.ts'
import type { Person, Session } from '../record.ts'
import type { Sessions } from '../sessions.ts'
import type { Acts } from './acts.ts'
import { ownEndpoints } from './endpoints.ts'

const view = ({ sid, createdMs, expiresMs, lastSeenMs, entry }: LiveSession, own: string) => ({
  sessionId: sid,
  current: sid === own,
  kind: entry.kind,
  device: entry.device,
  createdAt: new Date(createdMs).toISOString(),
  lastSeenAt: new Date(lastSeenMs).toISOString(),
  expiresAt: new Date(expiresMs).toISOString(),
})

/** The session of the call, counted against the limit of the row; asked again after the body. */
const authorizationOf = (sessions: Sessions): Authorization<Session> => ({
  enter: async ({ req, res, row: { limit = 'writes' } }) => {
    const { session } = await sessions.require(req, { limit, decide: limitCalls(req, res) })
    addLogFields(res, { actor: session.place.tag, session: session.sid, kind: session.kind, roles: session.roles })
    return session
  },
  again: sessions.reloadAfterBody,
})

export const ownSessionsRoutes = (sessions: Sessions, people: People, acts: Acts, cookies: CookieNames): Router => {
  const forgetCookie = ({ kind }: Session, res: Response): void => {
    if (kind === 'cookie') res.setHeader('Set-Cookie', clearCookie(cookies))
  }
  const requireMayEnd = async ({ roles }: Session, person: Person): Promise<void> => {
    if (roles.includes('admin')) return
    if (!roles.includes('agent')) throw new Problem('forbidden')
    // Only staff and programs are named by an actor's id.
    if (person.userId === undefined || !(await people.held(person)).every((held) => isWithin(['user'], held)))
      throw new Problem('forbidden', { detail: 'Only an admin ends the sessions of staff and programs.' })
  }
  return handledRoutes(ownEndpoints, authorizationOf(sessions), {
    list_my_sessions: async ({ who }) => {
      const shown = (await people.list(who)).filter(({ entry }) => isWithin(who.cap, entry))
      return { sessions: shown.map((it) => view(it, who.sid)) }
    },
    end_my_session: async ({ who, params, res }) => {
      const id = params['sessionId']!
      if (!(await people.endOne(who, id, who.cap))) throw new Problem('session_not_found')
      if (id === who.sid) forgetCookie(who, res)
    },
    end_my_sessions: async ({ who, res }) => {
      await people.endAllWithin(who.cap, who)
      forgetCookie(who, res)
    },
    end_sessions_of_user: async ({ who, body: { userId, actorId }, req, res }) => {
      const person = { app: who.app, userId, actor: { id: userId ?? actorId! } }
      await acts.bySession(req, res, { session: who, act: 'end_sessions', on: person }, async () => {
        await requireMayEnd(who, person)
        await people.endAll(person)
      })
    },
  })
}
