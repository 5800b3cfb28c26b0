/** Signing in with a browser: `/auth/login` sends it to the identity provider, `/auth/callback` takes it back and makes the session. */

import { randomBytes } from 'node:crypto'
import type { Request, RequestHandler, Response, Router } from 'express'
import type { Provider } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { addLogFields } from '../http/access-log.ts'
import { routes } from '../http/endpoint.ts'
import { interstitialPage } from '../http/interstitial.ts'
import type { Origins } from '../http/origins.ts'
import { checkQuery, rawQueryOf } from '../http/query.ts'
import type { Attempt } from '../http/rate-limit.ts'
import { asPage } from '../http/response-headers.ts'
import { stepUpMaxAge } from '../policy/decide.ts'
import { setCookie } from '../session/cookie.ts'
import { deviceOf } from '../session/device.ts'
import type { Created } from '../session/issue.ts'
import { lifetimeOf } from '../session/lifetimes.ts'
import type { People } from '../session/people.ts'
import { personKeysOf } from '../session/record.ts'
import type { ResolveUser } from '../session/resolve-user.ts'
import type { Sessions } from '../session/sessions.ts'
import { forStaffOrigin, personOf } from './claims.ts'
import { loginEndpoints } from './endpoints.ts'
import { newNonce } from './nonce.ts'
import type { RelyingParty, SignedIn } from './openid.ts'
import { failsAsPage, showPage } from './pages.ts'
import { returnPath } from './return-to.ts'
import { beginTransaction, findTransaction, type Transaction, transactionMs } from './transaction.ts'

export interface SignInParts {
  readonly sessions: Sessions
  readonly people: People
  readonly resolveUser: ResolveUser
  readonly peppers: KeyRing
  readonly origins: Origins
  readonly basePath: string
  readonly attempt: Attempt
  /** The limit of an address. */
  readonly signIns: RequestHandler
  /** By id, the first is the one when none is named. */
  readonly parties: ReadonlyMap<string, { readonly provider: Provider; readonly party: RelyingParty }>
  /** Of all issuers. */
  readonly prefixes: readonly string[]
}

interface Entrance {
  readonly transaction: Transaction
  readonly provider: Provider
  readonly signedIn: SignedIn
  readonly saidMs: number
}

/** The provider's clock may be behind ours. */
const clockSkewSeconds = 60

export const signInRoutes = (parts: SignInParts): Router => {
  const { sessions, people, resolveUser, peppers, origins, basePath, parties, attempt, signIns } = parts
  const secure = () => origins.secure()
  const redirectUri = (origin: string) => `${origin}${basePath}/auth/callback`

  const login = async (req: Request, res: Response): Promise<void> => {
    const query: Partial<Record<string, string>> = checkQuery(rawQueryOf(req.originalUrl), [], ['returnTo', 'provider', 'stepUp'])
    requireTopLevel(req)
    const site = req.headers['sec-fetch-site']
    const previous = await sessions.currentOnPage(req)
    // Opened from another site the browser keeps the session cookie back; opened from our own page it sends it.
    if (!previous && (site === 'cross-site' || site === 'same-site')) return showPage(res, 200, interstitialPage(req.originalUrl))
    const stepUp = query['stepUp'] === '1' && previous !== undefined
    const id = query['provider'] ?? (stepUp ? previous.provider?.id : undefined) ?? [...parties.keys()][0]
    const chosen = parties.get(id ?? '')
    if (!chosen) throw new Problem('bad_request', { detail: 'provider: there is no such identity provider.' })
    const transaction: Transaction = {
      state: random(),
      nonce: newNonce(peppers),
      verifier: random(),
      provider: chosen.provider.id,
      origin: origins.of(req.headers.host),
      returnTo: returnPath(query['returnTo'], basePath),
      startedMs: Date.now(),
      previous: previous && { place: previous.place, sid: previous.sid },
      stepUp,
    }
    const to = await chosen.party.begin(transaction, redirectUri(transaction.origin), stepUp ? stepUpMaxAge : undefined)
    res.setHeader('Set-Cookie', beginTransaction(peppers, transaction, secure(), req.headers.cookie))
    res.redirect(302, to.href)
  }

  const callback = async (req: Request, res: Response): Promise<void> => {
    const search = rawQueryOf(req.originalUrl)
    const { transaction, chosen, end } = await attempt(req, res, () => begun(req, search))
    res.setHeader('Set-Cookie', end)
    const url = new URL(`${redirectUri(transaction.origin)}?${search}`)
    // The provider issues the ID token now, whatever its clock says.
    const saidMs = Date.now()
    const signedIn = await chosen.party.finish(transaction, url, transaction.stepUp ? stepUpMaxAge : undefined)
    const created = await enter(req, res, { transaction, provider: chosen.provider, signedIn, saidMs })
    res.setHeader('Set-Cookie', [end, setCookie(created.token, secure())])
    showPage(res, 200, interstitialPage(transaction.returnTo))
  }

  /** The sign-in that this browser began and has not come back from yet. */
  const begun = async (req: Request, search: string) => {
    const states = new URLSearchParams(search).getAll('state')
    const { transaction, end } = findTransaction(peppers, states[0] ?? '', secure(), req.headers.cookie)
    const chosen = parties.get(transaction?.provider ?? '')
    if (states.length !== 1 || transaction?.origin !== origins.of(req.headers.host) || !chosen) throw new Problem('sign_in_expired')
    if (!(await sessions.once('sign-in', transaction.state, transactionMs))) throw new Problem('sign_in_expired')
    // As long as the transaction lives, and not only while this visit is under way.
    await sessions.remember('sign-in', transaction.state, transactionMs)
    return { transaction, chosen, end }
  }

  /** The session: a new one, or the present one under a new token when the person only proved again who they are. */
  const enter = async (req: Request, res: Response, { transaction, provider, signedIn, saidMs }: Entrance): Promise<Created> => {
    const { claims, idToken } = signedIn
    const person = forStaffOrigin(personOf(provider.claims, parts.prefixes, claims), origins.isStaff(req.headers.host))
    const { record, lifetime } = await resolveUser({ ...person, kind: 'cookie', scope: 'app' }, `oidc:${provider.id}`, { saidMs })
    const sid = typeof claims['sid'] === 'string' ? claims['sid'] : undefined
    const from = { id: provider.id, issuer: claims.iss, sub: claims.sub, sid }
    const full = { ...record, provider: from, device: deviceOf(req.headers['user-agent']) }
    const created = transaction.stepUp ? await stepUp(transaction, full, idToken) : await sessions.create(full, lifetime, { idToken })
    addLogFields(res, { actor: personKeysOf(peppers, record)[0], session: created.sessionId, provider: provider.id })
    if ((await people.endedByProvider(from, claims.iat * 1000)) || (await people.endedSince(full, saidMs))) {
      await people.endOne(full, created.sessionId)
      throw new Problem('sign_in_failed', { detail: 'You were signed out meanwhile.' })
    }
    if (!transaction.stepUp) await endPrevious(req, transaction, created)
    return created
  }

  /** Only the same person can step up; the present session goes on under a new token, with the new time of proof. */
  const stepUp = async (
    { previous, startedMs }: Transaction,
    record: Parameters<Sessions['create']>[0],
    idToken: string,
  ): Promise<Created> => {
    if (!previous || !personKeysOf(peppers, record).includes(previous.place.tag))
      throw new Problem('sign_in_failed', { detail: 'Somebody else signed in; nothing was changed.' })
    if (record.authTime < startedMs / 1000 - clockSkewSeconds)
      throw new Problem('sign_in_failed', { detail: 'The identity provider did not ask you to sign in again.' })
    const created = await sessions.rotate(previous, record, lifetimeOf('cookie', record.roles).lifetime, { idToken })
    if (!created) throw new Problem('sign_in_expired', { detail: 'Your session has ended meanwhile; sign in again.' })
    return created
  }

  /** Whatever session the browser had, also one that somebody planted, is over. */
  const endPrevious = async (req: Request, { previous }: Transaction, created: Created): Promise<void> => {
    const now = await sessions.currentOnPage(req)
    for (const old of [previous, now]) if (old && old.sid !== created.sessionId) await sessions.end(old)
  }

  const failed = failsAsPage(
    ({ status }) => (status >= 500 ? 'Signing in does not work right now' : 'You are not signed in'),
    `${basePath}/auth/login`,
  )

  return routes(loginEndpoints, {
    sign_in: [asPage, signIns, login, failed],
    sign_in_callback: [asPage, signIns, callback, failed],
  })
}

const random = () => randomBytes(32).toString('base64url')

/** A page of another site must not start sign-ins behind the person's back. */
const requireTopLevel = (req: Request): void => {
  const dest = req.headers['sec-fetch-dest']
  if (req.method !== 'GET' || (dest !== undefined && dest !== 'document'))
    throw new Problem('csrf', { detail: 'Signing in begins in a window of its own.' })
}
