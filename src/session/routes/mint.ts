/** Handlers of `/sessions` on the private listener: a backend mints, lists and ends. */

import type { Request, Response, Router } from 'express'
import type { UpstreamApp } from '../../../config/apps.ts'
import type { Secret } from '../../../config/secret.ts'
import { Problem } from '../../contract/problems.ts'
import { addLogFields } from '../../http/access-log.ts'
import { handledRoutes } from '../../http/endpoint-handler.ts'
import type { Attempt } from '../../http/rate-limit.ts'
import type { Assertion } from '../assertion.ts'
import { isWithin } from '../caps.ts'
import { readBearer } from '../credentials/headers.ts'
import { type Mint, type Minted, type ServiceKey, serviceKeyOf } from '../mint.ts'
import { appOf } from '../resolve-user.ts'
import type { Sessions } from '../sessions.ts'
import type { Acts } from './acts.ts'
import { mintEndpoints } from './endpoints.ts'

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

export type Authenticate = ReturnType<typeof requireServiceKey>

interface MintEvents {
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly acts: Acts
}

export const mintRoutes = (sessions: Sessions, mint: Mint, authenticate: Authenticate, { apps, acts }: MintEvents): Router => {
  /** Recorded for staff and programs, and when the key may not mint it. Sessions of end users are
   * too many, and act on nobody else. */
  const minting = async (req: Request, res: Response, key: ServiceKey, ask: Assertion): Promise<Minted> => {
    const run = () => mint(ask, `mint:${key.name}`, key.cap)
    const { kind, roles } = ask
    if (kind !== 'service' && roles.every((role) => role === 'user') && isWithin(key.cap, { kind, roles })) return await run()
    const { appId: app } = appOf(apps, ask.appId)
    const on = { userId: ask.userId, actor: ask.actor ?? { id: '' } }
    return await acts.byKey(req, res, { key, act: 'mint_session', app, on, facts: { kind, roles } }, run)
  }

  return handledRoutes(
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
  )
}
