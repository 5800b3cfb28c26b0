/** Handlers of the current session, and of sign-out. */

import { anyone, handlers } from '../../http/endpoint-handler.ts'
import type { Session } from '../record.ts'
import type { Sessions } from '../sessions.ts'
import { currentEndpoints } from './endpoints.ts'
import { createSignOut, type SignOutParts } from './sign-out.ts'

/** The session as its owner may see it. Times are ISO 8601, but `authTime` as in OpenID. */
const sessionView = ({ sid, app, userId, actor, onBehalfOf, roles, kind, authTime, createdMs, expiresMs }: Session) => ({
  signedIn: true,
  sessionId: sid,
  appId: app,
  userId,
  actor,
  onBehalfOf,
  roles,
  kind,
  authTime,
  createdAt: new Date(createdMs).toISOString(),
  expiresAt: new Date(expiresMs).toISOString(),
})

export interface CurrentParts extends SignOutParts {
  readonly sessions: Sessions
  /** Where the person signs out at the identity provider, without a token: scripts read it. */
  readonly endSession: (provider: string, origin: string) => Promise<string | undefined>
}

export const createCurrent = (parts: CurrentParts) => {
  const { sessions, origins, endSession } = parts
  const leave = createSignOut(parts)
  return handlers(currentEndpoints, anyone, {
    show_session: async ({ req }) => {
      const session = await sessions.current(req)
      return session ? sessionView(session) : { signedIn: false }
    },
    sign_out: async ({ req, res }) => {
      const session = await sessions.current(req)
      await leave(req, res, session)
      // Asked after the session has ended: the provider may be slow to answer.
      const away =
        session?.kind === 'cookie' && session.provider ? await endSession(session.provider.id, origins.of(req.headers.host)) : undefined
      return away === undefined ? undefined : { endSession: away }
    },
  })
}
