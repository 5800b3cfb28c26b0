/** Authentication: Basic with a key's id and secret, or a JWT (HS256) by the key in `kid`. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Key } from './options.ts'
import { lookUp } from './people.ts'
import { Refusal } from './refusal.ts'
import type { Match } from './routes.ts'
import { type App, appOf, type Vendor } from './vendor.ts'

interface Access {
  scope: 'app' | 'account' | 'appUser'
  /** The app that the key belongs to; undefined for an account key. */
  appId: string | undefined
  /** Only with scope `appUser`. */
  userId?: string
}

const unauthorized = (description?: string) => new Refusal(401, description === undefined ? {} : { description })
const forbidden = (description?: string) => new Refusal(403, description === undefined ? {} : { description })

function keyNamed({ apps }: Vendor, id: unknown): { key: Key; appId: string | undefined } {
  for (const app of apps.values()) {
    const key = app.keys.find((it) => it.id === id)
    if (key) return { key, appId: key.scope === 'account' ? undefined : app.appId }
  }
  throw unauthorized('Invalid credentials')
}

function equal(a: Buffer, b: Buffer) {
  return a.length === b.length && timingSafeEqual(a, b)
}

function basic(vendor: Vendor, encoded: string): Access {
  const [id, ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  const { key, appId } = keyNamed(vendor, id)
  if (!equal(Buffer.from(key.secret), Buffer.from(secret.join(':')))) throw unauthorized('Invalid credentials')
  return { scope: key.scope, appId }
}

function parts(jwt: string): { header: Record<string, unknown>; claims: Record<string, unknown>; signed: string; signature: Buffer } {
  const [header = '', claims = '', signature = '', ...more] = jwt.split('.')
  if (more.length > 0) throw unauthorized('Invalid JWT')
  try {
    const [head, body] = [header, claims].map((it) => Object(JSON.parse(Buffer.from(it, 'base64url').toString())))
    return { header: head, claims: body, signed: `${header}.${claims}`, signature: Buffer.from(signature, 'base64url') }
  } catch {
    throw unauthorized('Invalid JWT')
  }
}

function bearer(vendor: Vendor, jwt: string): Access {
  const { header, claims, signed, signature } = parts(jwt)
  if (header['alg'] !== 'HS256') throw unauthorized('Invalid JWT')
  const { key, appId } = keyNamed(vendor, header['kid'])
  if (!equal(createHmac('sha256', key.secret).update(signed).digest(), signature)) throw unauthorized('Invalid JWT signature')
  const { exp, nbf, scope, userId } = claims
  const now = Date.now() / 1000
  if (exp !== undefined && !(typeof exp === 'number' && now < exp)) throw unauthorized('JWT expired')
  if (nbf !== undefined && !(typeof nbf === 'number' && now >= nbf)) throw unauthorized('JWT not active')
  if (scope === 'appUser') {
    // The vendor's documents show that a number is refused.
    if (typeof userId !== 'string') throw unauthorized('userId must be a string')
    return { scope, appId, userId }
  }
  if (scope !== 'app' && scope !== 'account') throw forbidden()
  if (scope === 'account' && key.scope !== 'account') throw forbidden()
  return { scope, appId }
}

function identify(vendor: Vendor, header: string | undefined): Access {
  const [, scheme = '', credential = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'basic') return basic(vendor, credential)
  if (scheme.toLowerCase() === 'bearer') return bearer(vendor, credential)
  throw unauthorized()
}

/** The app of the call; throws when the credential does not reach it. */
export function authorise(vendor: Vendor, header: string | undefined, { operation, appId: named, params }: Match): App {
  const { scope, appId: own, userId } = identify(vendor, header)
  if (named === undefined && (scope === 'account' || own === undefined)) throw forbidden('An account credential must name the app')
  if (own !== undefined && named !== undefined && named !== own) throw forbidden('These credentials do not reach this app')
  if (operation === 'delete_app' && scope !== 'account') throw forbidden()
  const app = appOf(vendor, named ?? own ?? '')
  if (userId !== undefined) {
    const subject = params['userId'] === undefined ? undefined : (lookUp(app, params['userId'])?.userId ?? params['userId'])
    if (subject !== userId) throw forbidden()
  }
  return app
}
