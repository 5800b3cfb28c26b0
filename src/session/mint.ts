/** Minting: the customer's backend proves itself by a service key, vouches for a person or a
 * program, and gets a session. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Secret } from '../../config/secret.ts'
import { hiddenIn } from '../contract/ids.ts'
import type { Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { notBlank, withoutFormatting } from '../contract/text.ts'
import type { CookieNames } from '../http/request/cookies.ts'
import type { Cap } from './caps.ts'
import { setCookie } from './credentials/headers.ts'
import type { Created } from './issue.ts'
import type { People } from './people.ts'
import type { ResolveUser } from './resolve-user.ts'
import type { Sessions } from './sessions.ts'

const text = z.string().min(1).max(256)
const word = text.refine((it) => hiddenIn(it) === undefined, { error: ({ input }) => hiddenIn(String(input)) })
const name = text.refine((it) => withoutFormatting(it) === it, 'holds a character that cannot be seen').refine(...notBlank)

export const MintBody = z
  .strictObject({
    appId: z.string().optional(),
    userId: z.string().optional(),
    actor: z.strictObject({ id: word, name: name.optional() }).optional(),
    onBehalfOf: word.optional(),
    roles: z
      .array(z.enum(['user', 'agent', 'admin', 'auditor', 'service']))
      .min(1)
      .max(5)
      .default(['user']),
    authTime: z.number().int().positive().optional(),
    scope: z.enum(['app', 'account', 'appUser']).default('app'),
    kind: z.enum(['bearer', 'cookie', 'service']),
    ttl: z.number().int().positive().optional(),
    audit: z.strictObject({ reason: word.optional(), ticket: word.optional() }).optional(),
    limit: z.number().int().positive().max(1_000_000).optional(),
  })
  .refine((it) => it.userId !== undefined || it.actor, { path: ['actor'], message: 'is required when there is no userId' })
  .refine((it) => !it.roles.includes('user') || it.userId !== undefined, { path: ['userId'], message: 'is required for the role user' })
  .refine((it) => it.kind !== 'service' || it.actor, {
    path: ['actor'],
    message: 'is required for a service session: it names the program',
  })
  .refine((it) => it.kind === 'service' || it.limit === undefined, { path: ['limit'], message: 'is for service sessions' })

export interface ServiceKey {
  readonly name: string
  readonly cap?: Cap
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** The service key with this secret. Every key is compared, so the time taken tells nothing. */
export const serviceKeyOf = (keys: Secret, secret: string): ServiceKey | undefined => {
  let found: ServiceKey | undefined
  for (const item of keys.reveal().split(',')) {
    const [name = '', own = '', cap] = item.trim().split(':')
    if (timingSafeEqual(digest(own), digest(secret))) found = { name, ...(cap ? { cap: cap.split('+') as Role[] } : {}) }
  }
  return found
}

export interface Minted extends Created {
  /** The value of Set-Cookie to pass on, for kind `cookie`. */
  readonly setCookie?: string
}

export interface MintParts {
  readonly sessions: Sessions
  readonly people: People
  readonly resolveUser: ResolveUser
  readonly cookies: CookieNames
}

const endedSince = (): Problem =>
  new Problem('conflict', {
    detail: 'authTime: the sessions of this person, or of the app, were ended since; let the person sign in again.',
  })

export const createMint =
  ({ sessions, people, resolveUser, cookies }: MintParts) =>
  /** A session for a person who was vouched for by `method`. Refused when all sessions ended after
   * the sign-in, also while this runs; a sign-in of the same second counts as before. */
  async (assertion: z.infer<typeof MintBody>, method: string, cap?: Cap): Promise<Minted> => {
    const { authTime, kind } = assertion
    const { record, lifetime } = await resolveUser(assertion, method, { cap })
    const ended = async () => authTime !== undefined && (await people.endedSince(record, authTime * 1000))
    if (await ended()) throw endedSince()
    const created = await sessions.create(record, lifetime)
    if (await ended()) {
      await (kind === 'service' ? sessions.endService(created.sessionId, cap) : people.endOne(record, created.sessionId))
      throw endedSince()
    }
    return kind === 'cookie' ? { ...created, setCookie: setCookie(created.token, cookies) } : created
  }

export type Mint = ReturnType<typeof createMint>
