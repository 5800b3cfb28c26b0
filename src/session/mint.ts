/** Minting: the customer's backend, known by a service key, vouches for a person or a program and gets a session. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Secret } from '../../config/secret.ts'
import { looksLikeSmoochId, provableId } from '../ids.ts'
import type { Role } from '../operation.ts'
import { operations } from '../operations.ts'
import { Problem } from '../problems.ts'
import type { AnswerOf } from '../schemas.ts'
import type { Upstream, UpstreamApp } from '../upstream/client.ts'
import { setCookie } from './cookie.ts'
import { lifetimeOf } from './lifetimes.ts'
import type { SessionRecord } from './record.ts'
import type { Created, Sessions } from './sessions.ts'

const word = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, 'holds control or format characters')

export const MintBody = z
  .strictObject({
    appId: z.string().optional(),
    userId: z.string().optional(),
    actor: z.strictObject({ id: word, name: word.optional() }).optional(),
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
  /** The roles it may mint; absent: all. */
  readonly cap?: readonly string[]
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** The service key whose secret this is. Every key is compared, so time tells nothing. */
export const serviceKeyOf = (keys: Secret, secret: string): ServiceKey | undefined => {
  let found: ServiceKey | undefined
  for (const item of keys.reveal().split(',')) {
    const [name = '', own = '', cap] = item.trim().split(':')
    if (timingSafeEqual(digest(own), digest(secret))) found = { name, ...(cap ? { cap: cap.split('+') } : {}) }
  }
  return found
}

export interface MintParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly secure: () => boolean
}

export interface Minted extends Created {
  /** The header value to pass on, for kind `cookie`. */
  readonly setCookie?: string
}

/** How long the look-up of a person's smoochId may hold up a sign-in. */
const lookUpMs = 2_000

export const createMint = ({ sessions, upstream, apps, secure }: MintParts) => {
  /** Makes the session of a person whom somebody trusted has vouched for. `method` says who. */
  const mint = async (ask: z.infer<typeof MintBody>, method: string, cap?: readonly string[]): Promise<Minted> => {
    const app = appOf(apps, ask.appId)
    const roles: Role[] = [...new Set(ask.roles)]
    const beyond = cap && roles.find((role) => !cap.includes(role))
    if (beyond) throw new Problem('forbidden', { detail: `This service key may not mint the role ${beyond}.` })
    const { lifetime, maxSeconds } = lifetimeOf(ask.kind, roles, ask.ttl)
    if (ask.ttl !== undefined && ask.ttl > maxSeconds)
      throw new Problem('bad_request', { detail: `ttl: at most ${maxSeconds} seconds for this kind and these roles.` })
    const now = Math.floor(Date.now() / 1000)
    if (ask.authTime !== undefined && ask.authTime > now + 60)
      throw new Problem('bad_request', { detail: 'authTime: seconds since 1970, not in the future.' })
    const userId = ask.userId === undefined ? undefined : provableId(ask.userId)
    const actor = ask.actor ?? { id: userId! }
    const record: Omit<SessionRecord, 'sid'> = {
      app: app.appId,
      userId,
      actor,
      onBehalfOf: ask.onBehalfOf,
      roles,
      kind: ask.kind,
      scope: ask.scope,
      authTime: ask.authTime ?? now,
      limit: ask.limit,
      audit: ask.audit,
      method,
    }
    if (userId !== undefined) await meet(app, { app: app.appId, userId, actor })
    const created = await sessions.create(record, lifetime)
    return ask.kind === 'cookie' ? { ...created, setCookie: setCookie(created.token, secure()) } : created
  }

  /** Learns the person's smoochId once, so that a call by it needs no look-up; refuses a userId that is somebody's smoochId. */
  const meet = async (app: UpstreamApp, person: { app: string; userId: string; actor: { id: string } }): Promise<void> => {
    const doubtful = looksLikeSmoochId(person.userId)
    if (!doubtful && (await sessions.knows(person))) return
    const found = await lookUp(app, person.userId, doubtful)
    if (!found) return
    if (found.userId !== person.userId) throw new Problem('bad_request', { detail: "userId: this is another user's _id." })
    await sessions.learn(person, found._id)
  }

  const lookUp = async (app: UpstreamApp, userId: string, needed: boolean): Promise<AnswerOf<'AppUserResponse'>['appUser'] | undefined> => {
    const call = upstream.call(app, { operation: operations.get_app_user, params: { userId } })
    try {
      const answer = needed ? await call : await Promise.race([call, pause(lookUpMs)])
      return answer && (answer.body as AnswerOf<'AppUserResponse'>).appUser
    } catch (error) {
      if (!needed || (error instanceof Problem && error.code === 'user_not_found')) return undefined
      throw new Problem('subjects_unresolved', { cause: error, headers: { 'Retry-After': '5' } })
    }
  }

  return mint
}

export type Mint = ReturnType<typeof createMint>

const pause = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined).unref())

const appOf = (apps: ReadonlyMap<string, UpstreamApp>, id: string | undefined): UpstreamApp => {
  const app = id === undefined && apps.size === 1 ? [...apps.values()][0] : apps.get(id ?? '')
  if (!app)
    throw new Problem('bad_request', {
      detail: id === undefined ? 'appId: is required, since several apps are served.' : 'appId: this app is not served here.',
    })
  return app
}
