/** Handlers of sessions: current session and sign-out on the public listener; mint, list and revoke
 * on the private one. */

import type { Request, Response, Router } from 'express'
import type { z } from 'zod'
import type { UpstreamApp } from '../../../config/apps.ts'
import type { Secret } from '../../../config/secret.ts'
import { Problem } from '../../contract/problems.ts'
import { addLogFields } from '../../http/access-log.ts'
import { routes } from '../../http/endpoint.ts'
import { anyone, handlers } from '../../http/endpoint-handler.ts'
import type { Attempt } from '../../http/rate-limit.ts'
import { isWithin } from '../caps.ts'
import { readBearer } from '../credentials.ts'
import { type Mint, type MintBody, type Minted, type ServiceKey, serviceKeyOf } from '../mint.ts'
import { appOf } from '../resolve-user.ts'
import type { Session, Sessions } from '../sessions.ts'
import type { Acts } from './acts.ts'
import { currentEndpoints, mintEndpoints } from './endpoints.ts'
import { createSignOut, type SignOutParts } from './sign-out.ts'

/** The session as its owner may see it. Times are ISO 8601, `authTime` is in seconds since 1970, as
 * in OpenID. */
export const sessionView = (session: Session) => ({
  signedIn: true,
  sessionId: session.sid,
  appId: session.app,
  userId: session.userId,
  actor: session.actor,
  onBehalfOf: session.onBehalfOf,
  roles: session.roles,
  kind: session.kind,
  authTime: session.authTime,
  createdAt: new Date(session.createdMs).toISOString(),
  expiresAt: new Date(session.expiresMs).toISOString(),
})

export interface CurrentParts extends SignOutParts {
  readonly sessions: Sessions
  /** Address at which the person signs out at the identity provider. Scripts read it, so it holds
   * no token. */
  readonly endSession: (provider: string, origin: string) => Promise<string | undefined>
}

/** Current session, and sign-out. */
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

/** The service key of a call on the private listener; throws `invalid_service_key`. */
export const requireServiceKey =
  (serviceKeys: Secret | undefined, attempt: Attempt) =>
  async (req: Request, res: Response): Promise<ServiceKey> => {
    const key = await attempt(req, res, () => {
      const secret = readBearer(req.headers.authorization)
      const found = secret !== undefined && serviceKeys ? serviceKeyOf(serviceKeys, secret) : undefined
      if (!found) throw new Problem('invalid_service_key')
      return found
    })
    addLogFields(res, { serviceKey: key.name })
    return key
  }

interface MintEvents {
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly acts: Acts
}

/** `/sessions` on the private listener, for the customer's backend with its service key. */
export const mintRoutes = (
  sessions: Sessions,
  mint: Mint,
  authenticate: ReturnType<typeof requireServiceKey>,
  { apps, acts }: MintEvents,
): Router => {
  /** Recorded for staff and programs, and when the key may not mint it. Sessions of end users are
   * too many, and act on nobody else. */
  const minting = async (req: Request, res: Response, key: ServiceKey, ask: z.infer<typeof MintBody>): Promise<Minted> => {
    const run = () => mint(ask, `mint:${key.name}`, key.cap)
    const { kind, roles } = ask
    if (kind !== 'service' && roles.every((role) => role === 'user') && isWithin(key.cap, { kind, roles })) return await run()
    const { appId: app } = appOf(apps, ask.appId)
    const on = { userId: ask.userId, actor: ask.actor ?? { id: '' } }
    return await acts.byKey(req, res, { key, act: 'mint_session', app, on, facts: { kind, roles } }, run)
  }

  return routes(
    mintEndpoints,
    handlers(
      mintEndpoints,
      { enter: ({ req, res }) => authenticate(req, res) },
      {
        mint_session: async ({ who, body, req, res }) => {
          const minted = await minting(req, res, who, body)
          addLogFields(res, { session: minted.sessionId })
          return minted
        },
        list_service_sessions: async ({ who: { cap } }) => {
          const listed = (await sessions.listServices()).filter(({ entry }) => isWithin(cap, entry))
          return {
            sessions: listed.map(({ sid, createdMs, expiresMs, entry }) => ({
              sessionId: sid,
              appId: entry.app,
              actor: entry.actor,
              roles: entry.roles,
              createdAt: new Date(createdMs).toISOString(),
              expiresAt: new Date(expiresMs).toISOString(),
            })),
          }
        },
        end_service_session: async ({ who: key, params, req, res }) => {
          const id = params['sessionId']!
          const found = (await sessions.listServices()).find(({ sid, entry }) => sid === id && isWithin(key.cap, entry))
          if (!found) throw new Problem('session_not_found')
          const { app, actor } = found.entry
          const done = { on: { actor: { id: found.entry.actorId ?? actor } }, facts: { session: id } }
          await acts.byKey(req, res, { key, act: 'end_sessions', app, ...done }, async () => {
            if (!(await sessions.endService(id, key.cap))) throw new Problem('session_not_found')
          })
        },
      },
    ),
  )
}
