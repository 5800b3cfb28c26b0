/** The demo's own sign-in: whoever is at this machine may be anybody. Loopback only; the demo refuses to start in production. */
import { BlockList } from 'node:net'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { checkBody, readJson } from '../http/json-body.ts'
import type { Origins } from '../http/origins.ts'
import { routes } from '../http/routes.ts'
import { Problem } from '../problems.ts'
import { requireSameOrigin } from '../session/csrf.ts'
import type { Mint } from '../session/mint.ts'
import { people } from './people.ts'

const Body = z.strictObject({ person: z.enum(['customer', 'agent', 'admin']) })

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const isLoopback = (address = ''): boolean =>
  loopback.check(address.replace(/^::ffff:/, ''), address.includes(':') && !address.startsWith('::ffff:') ? 'ipv6' : 'ipv4')

export const demoSignIn = (mint: Mint, origins: Origins): Router => {
  const signIn = async (req: Request, res: Response): Promise<void> => {
    if (!isLoopback(req.socket.remoteAddress)) throw new Problem('not_found')
    requireSameOrigin(req, origins, 'api')
    const { person } = checkBody(Body, await readJson(req))
    const chosen = people[person]
    const minted = await mint({ ...chosen, roles: [...chosen.roles], kind: 'cookie', scope: 'app' }, 'demo')
    res.setHeader('Set-Cookie', minted.setCookie!)
    res.json({ signedIn: true, sessionId: minted.sessionId, expiresAt: minted.expiresAt, ...chosen })
  }
  return routes({ '/auth/demo': { post: signIn } })
}
