/** `/auth/login`: the begin of a browser's sign-in, redirected to the identity provider. */
import { randomBytes } from 'node:crypto'
import type { Request, RequestHandler, Router } from 'express'
import { faultIn } from '../contract/field-faults.ts'
import { Problem } from '../contract/problems.ts'
import { routes } from '../http/endpoint.ts'
import { anyone, type CheckedRequest, handlers } from '../http/endpoint-handler.ts'
import { interstitialPage } from '../http/plain-page.ts'
import { asPage } from '../http/response-headers.ts'
import { isForPage } from '../session/credentials/csrf.ts'
import { createCallback, type SignInParts } from './callback.ts'
import { loginEndpoints } from './endpoints.ts'
import { failsAsPage, showPage } from './pages.ts'
import { loginAddress, returnPath } from './return-to.ts'
import { beginTransaction, newNonce, newState, type Transaction } from './transaction.ts'

interface LoginParts extends SignInParts {
  /** The limit of an address. */
  readonly signIns: RequestHandler
}

export const signInRoutes = (parts: LoginParts): Router => {
  const { sessions, peppers, origins, basePath, parties, signIns, redirectUri } = parts

  const login = async ({ query, req, res }: CheckedRequest<typeof loginEndpoints.sign_in, undefined>): Promise<void> => {
    requireTopLevel(req)
    const site = req.headers['sec-fetch-site']
    const previous = await sessions.currentOnPage(req)
    // A page opened from another site comes without the session cookie; from our page, with it.
    if (!previous && (site === 'cross-site' || site === 'same-site')) return showPage(res, 200, interstitialPage(req.originalUrl))
    const stepUp = query.stepUp === '1' && previous !== undefined
    const id = query.provider ?? (stepUp ? previous.provider?.id : undefined) ?? [...parties.keys()][0]
    const chosen = parties.get(id ?? '')
    if (!chosen) throw faultIn('query', ['provider'], 'there is no such identity provider.')
    const [startedMs, logouts] = await Promise.all([sessions.now(), parts.providerSessions.logouts()])
    const transaction: Transaction = {
      state: newState(peppers),
      nonce: newNonce(peppers),
      verifier: random(),
      provider: chosen.provider.id,
      origin: origins.of(req.headers.host),
      returnTo: returnPath(query.returnTo, basePath),
      startedMs,
      logouts,
      previous: previous && { place: previous.place, sid: previous.sid },
      stepUp,
      somebodyElse: query.somebodyElse === '1',
    }
    const to = await chosen.party.begin(transaction, redirectUri(transaction.origin))
    res.setHeader('Set-Cookie', beginTransaction(peppers, transaction, origins.cookies, req.headers.cookie))
    res.redirect(302, to.href)
  }

  const again = loginAddress(basePath)
  const failed = failsAsPage(({ status, code }, res) => {
    // Set once the callback has found the sign-in.
    const { returnTo = '/', provider, stepUp = false, somebodyElse = false } = (res.locals['transaction'] ?? {}) as Partial<Transaction>
    const signIn = again({ returnTo, provider, stepUp, somebodyElse })
    if (code === 'sign_in_finished')
      return {
        heading: 'This sign-in is finished',
        links: [
          ['Go on', '/'],
          ['Sign in again', signIn],
        ],
      }
    return { heading: status >= 500 ? 'Signing in does not work right now' : 'You are not signed in', links: [['Try again', signIn]] }
  })

  const run = handlers(loginEndpoints, anyone, { sign_in: login, sign_in_callback: createCallback(parts) })
  return routes(loginEndpoints, {
    sign_in: [asPage, signIns, run.sign_in, failed],
    sign_in_callback: [asPage, signIns, run.sign_in_callback, failed],
  })
}

const random = () => randomBytes(32).toString('base64url')

/** Top-level GET only, since pages of other sites must not start sign-ins in secret. */
const requireTopLevel = ({ method, headers }: Request): void => {
  if (method !== 'GET' || !isForPage(headers))
    throw new Problem('csrf', { detail: 'Open this address as a page of its own; it cannot be fetched by script or shown in a frame.' })
}
