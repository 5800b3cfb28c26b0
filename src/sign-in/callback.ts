/** `/auth/callback`: the identity provider sends the browser back, and the session is made. */
import type { Request, Response } from 'express'
import type { Provider } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { addLogFields } from '../http/access-log.ts'
import type { CheckedRequest } from '../http/endpoint-handler.ts'
import { interstitialPage } from '../http/plain-page.ts'
import type { Attempt } from '../http/rate-limit.ts'
import type { Origins } from '../http/request/origins.ts'
import { rawQueryOf } from '../http/request/query.ts'
import { setCookie } from '../session/credentials/headers.ts'
import type { Created } from '../session/issue.ts'
import { lifetimeOf } from '../session/lifetimes.ts'
import type { People } from '../session/people.ts'
import type { ProviderSessions } from '../session/provider-sessions.ts'
import { personKeysOf } from '../session/record.ts'
import type { ResolveUser } from '../session/resolve-user.ts'
import { isStaffRole } from '../session/roles.ts'
import type { Sessions } from '../session/sessions.ts'
import { authTimeIn, forStaffOrigin, personOf } from './claims.ts'
import { deviceOf } from './device-label.ts'
import type { loginEndpoints } from './endpoints.ts'
import type { MissingClaims } from './missing-claims.ts'
import { showPage } from './pages.ts'
import type { RelyingParty, SignedIn } from './provider/openid.ts'
import type { ReplayGuard } from './replay.ts'
import { findTransaction, isOurState, type Transaction, transactionMs } from './transaction.ts'

export interface SignInParts {
  readonly sessions: Sessions
  readonly people: People
  readonly replay: ReplayGuard
  readonly providerSessions: ProviderSessions
  readonly resolveUser: ResolveUser
  readonly peppers: KeyRing
  readonly missingClaims: MissingClaims
  readonly origins: Origins
  readonly basePath: string
  readonly redirectUri: (origin: string) => string
  readonly attempt: Attempt
  /** By id; the first is the default. */
  readonly parties: ReadonlyMap<string, { readonly provider: Provider; readonly party: RelyingParty }>
  /** Of all issuers. */
  readonly prefixes: readonly string[]
}

interface Entrance {
  readonly transaction: Transaction
  readonly provider: Provider
  readonly signedIn: SignedIn
  /** Times by the store's clock: before the provider issued the ID token, and just after. */
  readonly saidMs: number
  readonly heardMs: number
}

/** The browser's way back, whose query is the provider's: all of it is for the library. */
type Returned = CheckedRequest<typeof loginEndpoints.sign_in_callback, undefined>

/** Slack for the times of a token, which are whole seconds. */
const roundingMs = 2_000

/** The last sign-in of the person, in seconds of the provider's clock; 0 if unknown. */
const provedAt = ({ transaction, provider, signedIn: { claims } }: Entrance): number =>
  authTimeIn(claims) || (provider.authTime === 'iat' && transaction.stepUp ? claims.iat : 0)

/** Seconds between that sign-in and the ID token, both by the provider's clock. */
const ageOf = ({ signedIn: { claims } }: Entrance, at: number): number | undefined => (at === 0 ? undefined : Math.max(0, claims.iat - at))

export const createCallback = (parts: SignInParts) => {
  const { sessions, people, replay, providerSessions, resolveUser, missingClaims, peppers, origins, parties, attempt, redirectUri } = parts

  /** The pending sign-in of this browser. A state of ours is no guess: only others count. */
  const begun = async ({ query: { state = '' }, req, res }: Returned) => {
    await attempt(req, res, () => {
      if (!isOurState(peppers, state)) throw new Problem('sign_in_expired')
    })
    const [saidMs, logouts] = await Promise.all([sessions.now(), providerSessions.logouts()])
    const { transaction, end } = findTransaction(
      peppers,
      { state, now: { startedMs: saidMs, logouts } },
      origins.cookies,
      req.headers.cookie,
    )
    const chosen = parties.get(transaction?.provider ?? '')
    if (await replay.wasUsed('sign-in', state)) throw new Problem('sign_in_finished')
    if (transaction?.origin !== origins.of(req.headers.host) || !chosen) throw new Problem('sign_in_expired')
    const release = await replay.once('sign-in', state, transactionMs)
    if (!release) throw new Problem('sign_in_finished')
    res.locals['transaction'] = transaction
    return { transaction, chosen, end, release, saidMs }
  }

  const callback = async (returned: Returned): Promise<void> => {
    const { req, res } = returned
    const { transaction, chosen, end, release, saidMs } = await begun(returned)
    const url = new URL(`${redirectUri(transaction.origin)}?${rawQueryOf(req.originalUrl)}`)
    const over = async () => {
      res.setHeader('Set-Cookie', end)
      await replay.remember('sign-in', transaction.state, transactionMs)
    }
    const signedIn = await chosen.party.finish(transaction, url).catch(async (error) => {
      // The code may still be valid: reloading the page goes on.
      await (error instanceof Problem && error.status >= 500 ? release() : over())
      throw error
    })
    await over()
    const heardMs = await sessions.now()
    const created = await enter(req, res, { transaction, provider: chosen.provider, signedIn, saidMs, heardMs })
    res.setHeader('Set-Cookie', [end, setCookie(created.token, origins.cookies)])
    showPage(res, 200, interstitialPage(transaction.returnTo))
  }

  /** A new session; after a step-up the present one under a new token. */
  const enter = async (req: Request, res: Response, entrance: Entrance): Promise<Created> => {
    const { transaction, provider, signedIn, saidMs, heardMs } = entrance
    const { claims, idToken } = signedIn
    missingClaims.ofSettings(provider, claims, 'in the ID token or userinfo')
    const proved = provedAt(entrance)
    const age = ageOf(entrance, proved)
    const person = forStaffOrigin(personOf(provider.claims, parts.prefixes, claims), origins.isStaff(req.headers.host))
    if (age === undefined && person.roles.some(isStaffRole)) missingClaims.authTime(provider)
    const authTime = age === undefined ? 0 : Math.floor(heardMs / 1000) - age
    const assertion = { ...person, authTime, kind: 'cookie', scope: 'app' } as const
    const { record, lifetime } = await resolveUser(assertion, `oidc:${provider.id}`, { saidMs })
    const sid = typeof claims['sid'] === 'string' ? claims['sid'] : undefined
    const from = {
      id: provider.id,
      issuer: claims.iss,
      sub: claims.sub,
      sid,
      provedAt: proved || undefined,
      absentRoles: person.absentRoles,
    }
    const full = { ...record, provider: from, device: deviceOf(req.headers['user-agent']) }
    const created = transaction.stepUp ? await stepUp(entrance, full, age) : await sessions.create(full, lifetime, { idToken })
    addLogFields(res, { actor: personKeysOf(peppers, record)[0], session: created.sessionId, provider: provider.id })
    if ((await providerSessions.ended(from, transaction)) || (await people.endedSince(full, saidMs))) {
      await people.endOne(full, created.sessionId)
      throw new Problem('sign_in_failed', { detail: 'You were signed out meanwhile.' })
    }
    if (!transaction.stepUp) await endPrevious(req, transaction, created)
    return created
  }

  /** A step-up, by the same person alone: the session goes on, with a new token and time. */
  const stepUp = async (
    { transaction: { previous, startedMs }, heardMs, signedIn: { idToken } }: Entrance,
    record: Parameters<Sessions['create']>[0],
    age: number | undefined,
  ): Promise<Created> => {
    if (!previous || !personKeysOf(peppers, record).includes(previous.place.tag))
      throw new Problem('sign_in_failed', { detail: 'Somebody else signed in; nothing was changed.' })
    if (age === undefined)
      throw new Problem('sign_in_failed', {
        detail:
          'The identity provider does not say when you signed in, so it cannot count as a fresh sign-in; operators find more in the log.',
      })
    if (heardMs - age * 1000 < startedMs - roundingMs)
      throw new Problem('sign_in_failed', { detail: 'The identity provider did not ask you to sign in again.' })
    const created = await sessions.rotate(previous, record, lifetimeOf('cookie', record.roles).lifetime, { idToken })
    if (!created) throw new Problem('sign_in_expired', { detail: 'Your session has ended meanwhile; sign in again.' })
    return created
  }

  /** The end of any session that the browser had, one that somebody planted included. */
  const endPrevious = async (req: Request, { previous }: Transaction, created: Created): Promise<void> => {
    const now = await sessions.currentOnPage(req)
    for (const old of [previous, now]) if (old && old.sid !== created.sessionId) await sessions.end(old)
  }

  return callback
}
