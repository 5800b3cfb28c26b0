/** The demo's own sign-in: whoever is at this machine may be anybody. Loopback only; the demo refuses to start in production. */
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { checkBody, readJson } from '../../http/body.ts'
import { routes } from '../../http/endpoint.ts'
import type { Origins } from '../../http/origins.ts'
import { requireSameOrigin } from '../../session/csrf.ts'
import type { Mint } from '../../session/mint.ts'
import { onlyHere } from './here.ts'
import { people } from './people.ts'

const Body = z.strictObject({ person: z.enum(['customer', 'agent', 'admin']) })

export const demoSignIn = (mint: Mint, origins: Origins): Router => {
  const signIn = async (req: Request, res: Response): Promise<void> => {
    requireSameOrigin(req, origins, 'api')
    const { person } = checkBody(Body, await readJson(req))
    const chosen = people[person]
    const minted = await mint({ ...chosen, roles: [...chosen.roles], kind: 'cookie', scope: 'app' }, 'demo')
    res.setHeader('Set-Cookie', minted.setCookie!)
    res.json({ signedIn: true, sessionId: minted.sessionId, expiresAt: minted.expiresAt, ...chosen })
  }
  return routes({ '/auth/demo': { post: [onlyHere, signIn] } })
}
