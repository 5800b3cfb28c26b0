/** Sign-out by a form, here and at the provider (RP-Initiated Logout 1.0). The ID token goes in a
 * redirect, hidden from scripts. */

import type { Request, Response, Router } from 'express'
import { bringsBody } from '../http/body.ts'
import { routes } from '../http/endpoint.ts'
import { readForm } from '../http/form-body.ts'
import { checkQuery, rawQueryOf } from '../http/query.ts'
import { asPage } from '../http/response-headers.ts'
import { requireSameOrigin } from '../session/csrf.ts'
import { createSignOut, type SignOutParts } from '../session/routes/sign-out.ts'
import type { Sessions } from '../session/sessions.ts'
import { logoutEndpoints } from './endpoints.ts'
import type { RelyingParty } from './openid.ts'
import { failsAsPage } from './pages.ts'

interface LogoutParts extends SignOutParts {
  readonly sessions: Sessions
  readonly signedOutPath: string
  readonly parties: ReadonlyMap<string, { readonly party: RelyingParty }>
}

export const logoutRoutes = (parts: LogoutParts): Router => {
  const { sessions, origins, parties, signedOutPath } = parts
  const leave = createSignOut(parts)

  const logout = async (req: Request, res: Response): Promise<void> => {
    checkQuery(rawQueryOf(req.originalUrl), [])
    requireSameOrigin(req, origins, 'form')
    if (bringsBody(req)) await readForm(req)
    const session = await sessions.currentOnPage(req)
    const idToken = session?.provider && (await sessions.idToken(session))
    await leave(req, res, session)
    const back = `${origins.of(req.headers.host)}${signedOutPath}`
    const party = parties.get(session?.provider?.id ?? '')?.party
    // No `res.redirect`: the body that Express writes repeats the address.
    res.setHeader('Location', (await party?.endSession(back, idToken)) ?? back)
    res.status(303).end()
  }

  const failed = failsAsPage(() => ({ heading: 'You are not signed out', links: [['Try again', signedOutPath]] }))
  return routes(logoutEndpoints, { sign_out_by_form: [asPage, logout, failed] })
}
