/** The demo's sign-in without a proof: loopback only, and not in production. */
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { checkBody, readJson } from '../../http/body.ts'
import { type Endpoints, json, ofBodies, routes } from '../../http/endpoint.ts'
import type { Origins } from '../../http/origins.ts'
import { requireSameOrigin } from '../../session/csrf.ts'
import type { Mint } from '../../session/mint.ts'
import { onlyHere } from './here.ts'
import { people } from './people.ts'

const Body = z.strictObject({ person: z.enum(['customer', 'agent', 'auditor', 'admin']) })

const endpoints = {
  sign_in_to_demo: {
    method: 'post',
    path: '/auth/demo',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'Be one of the people of the demo.',
    body: { required: true, content: json(Body, { person: 'customer' }) },
    answers: {
      200: { description: 'The session', content: json(z.looseObject({ sessionId: z.string() }), { sessionId: 's_3kJx0aPq7Zt1' }) },
    },
    errors: [400, 403, ...ofBodies],
  },
} as const satisfies Endpoints

export const demoSignIn = (mint: Mint, origins: Origins): Router => {
  const signIn = async (req: Request, res: Response): Promise<void> => {
    requireSameOrigin(req, origins, 'api')
    const { person } = checkBody(Body, await readJson(req))
    const chosen = people[person]
    const minted = await mint({ ...chosen, roles: [...chosen.roles], kind: 'cookie', scope: 'app' }, 'demo')
    res.setHeader('Set-Cookie', minted.setCookie!)
    res.json({ signedIn: true, sessionId: minted.sessionId, expiresAt: minted.expiresAt, ...chosen })
  }
  return routes(endpoints, { sign_in_to_demo: [onlyHere, signIn] })
}
