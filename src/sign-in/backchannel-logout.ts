/** `/auth/backchannel-logout`: the sign-outs that an identity provider reports. Only the token
 * proves itself; no cookie counts. */

import type { Request, Response, Router } from 'express'
import { Problem } from '../contract/problems.ts'
import { addLogFields } from '../http/access-log.ts'
import { anyone, handledRoutes } from '../http/endpoint-handler.ts'
import type { Attempt } from '../http/rate-limit.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { ProviderSessions } from '../session/provider-sessions.ts'
import { backchannelEndpoints } from './endpoints.ts'
import type { IssuerTokens } from './issuer-tokens.ts'
import type { ReplayGuard } from './replay.ts'

/** Longer than the age at which a token is refused. */
const rememberMs = 10 * 60_000

interface Parts {
  readonly replay: ReplayGuard
  readonly providerSessions: ProviderSessions
  readonly tokens: IssuerTokens
  readonly attempt: Attempt
  readonly alarm: Alarm
}

/** Pause between alarms of one provider for unsigned tokens, which anybody can send. */
const quietMs = 60_000

export const backchannelLogoutRoutes = ({ replay, providerSessions, tokens, attempt, alarm }: Parts): Router => {
  const lastForged = new Map<string, number>()

  /** An alarm with the reason: somebody stays signed in here. */
  const raise = (text: string, proved: boolean, error: unknown): void => {
    const id = tokens.claimedProvider(text)?.id
    if (id === undefined || (!proved && performance.now() - (lastForged.get(id) ?? -quietMs) < quietMs)) return
    if (!proved) lastForged.set(id, performance.now())
    const cause = error instanceof Problem ? (error.cause ?? error) : error
    alarm('logout_token_refused', { provider: id, signed: proved, cause })
  }

  /** The number of sessions ended; undefined for a repeat. A delivery that broke off is not
   * remembered, so it may come again. */
  const end = async (text: string): Promise<number | undefined> => {
    const { jti, ...named } = await tokens.logout(text)
    const id = `${named.issuer} ${jti}`
    if (await replay.wasUsed('logout', id)) return undefined
    const ended = await providerSessions.end(named)
    await replay.remember('logout', id, rememberMs)
    return ended
  }

  const prove = async (req: Request, res: Response, text: string): Promise<void> => {
    await tokens.fetchKeys(text)
    await attempt(req, res, () => tokens.requireSignature(text, 'invalid_logout_token'))
  }

  return handledRoutes(backchannelEndpoints, anyone, {
    backchannel_logout: async ({ body: { logout_token: text }, req, res }) => {
      const heard = (signed: boolean) => (error: unknown) => {
        raise(text, signed, error)
        throw error
      }
      await prove(req, res, text).catch(heard(false))
      const ended = await end(text).catch(heard(true))
      if (ended === undefined)
        throw new Problem('invalid_logout_token', { detail: 'This logout token was shown before, and what it says is done.' })
      addLogFields(res, { ended })
    },
  })
}
