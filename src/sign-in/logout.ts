/** Sign-out by a form, here and at the provider (RP-Initiated Logout 1.0). The ID token goes in a
 * redirect, hidden from scripts. */

import type { Router } from 'express'
import { routes } from '../http/endpoint.ts'
import { type Authorization, type CheckedRequest, handlers } from '../http/endpoint-handler.ts'
import { asPage } from '../http/response-headers.ts'
import { requireSameOrigin } from '../session/credentials/csrf.ts'
import { readCookie } from '../session/credentials/headers.ts'
import { createSignOut, type SignOutParts } from '../session/routes/sign-out.ts'
import type { Sessions } from '../session/sessions.ts'
import { logoutEndpoints } from './endpoints.ts'
import { failsAsPage } from './pages.ts'
import type { RelyingParty } from './provider/openid.ts'

interface LogoutParts extends SignOutParts {
  readonly sessions: Sessions
  readonly signedOutPath: string
  readonly parties: ReadonlyMap<string, { readonly party: RelyingParty }>
}

export const logoutRoutes = (parts: LogoutParts): Router => {
  const { sessions, origins, parties, signedOutPath } = parts
  const leave = createSignOut(parts)

  const ofOurPage: Authorization<undefined> = {
    enter: async ({ req }) => {
      requireSameOrigin(req, origins, 'form')
      return undefined
    },
  }

  const logout = async ({ req, res }: CheckedRequest<typeof logoutEndpoints.sign_out_by_form, undefined>): Promise<void> => {
    const session = await sessions.currentOnPage(req)
    const idToken = session?.provider && (await sessions.idToken(session))
    // The cookie is SameSite=Strict: a form that comes without it need not be of a page of ours,
    // whatever a service worker made of its headers. It ends and wipes nothing.
    if (readCookie(req.headers.cookie, origins.cookies) !== undefined) await leave(req, res, session)
    const back = `${origins.of(req.headers.host)}${signedOutPath}`
    const party = parties.get(session?.provider?.id ?? '')?.party
    // No `res.redirect`: the body that Express writes repeats the address.
    res.setHeader('Location', (await party?.endSession(back, idToken)) ?? back)
  }

  const failed = failsAsPage(() => ({ heading: 'You are not signed out', links: [['Try again', signedOutPath]] }))
  const { sign_out_by_form } = handlers(logoutEndpoints, ofOurPage, { sign_out_by_form: logout })
  return routes(logoutEndpoints, { sign_out_by_form: [asPage, sign_out_by_form, failed] })
}
