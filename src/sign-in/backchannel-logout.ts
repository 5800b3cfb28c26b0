/** `/auth/backchannel-logout`: an identity provider tells that somebody signed out there, or was signed out. No cookie grants anything here; the token must prove itself. */

import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { Problem } from '../contract/problems.ts'
import { addLogFields } from '../http/access-log.ts'
import { checkBody } from '../http/body.ts'
import { routes } from '../http/endpoint.ts'
import { readForm } from '../http/form-body.ts'
import type { Attempt } from '../http/rate-limit.ts'
import type { People } from '../session/people.ts'
import { noQuery } from '../session/routes/current.ts'
import type { Sessions } from '../session/sessions.ts'
import { backchannelEndpoints } from './endpoints.ts'
import type { IssuerTokens } from './issuer-tokens.ts'

const Body = z.object({ logout_token: z.string().min(1).max(16_384) })

/** Longer than a token may be old. */
const rememberMs = 10 * 60_000

interface Parts {
  readonly sessions: Sessions
  readonly people: People
  readonly tokens: IssuerTokens
  readonly attempt: Attempt
}

export const backchannelLogoutRoutes = ({ sessions, people, tokens, attempt }: Parts): Router => {
  const logout = async (req: Request, res: Response): Promise<void> => {
    noQuery(req)
    const body = checkBody(Body, await readForm(req))
    await tokens.fetchKeys(body.logout_token)
    const { named, release } = await attempt(req, res, async () => {
      const { jti, ...named } = await tokens.logout(body.logout_token)
      const release = await sessions.once('logout', `${named.issuer} ${jti}`, rememberMs)
      if (!release) throw new Problem('invalid_logout_token')
      return { named, release }
    })
    addLogFields(res, { ended: await people.endByProvider(named).catch((error) => release().then(() => Promise.reject(error))) })
    res.status(200).end()
  }
  return routes(backchannelEndpoints, { backchannel_logout: logout })
}
