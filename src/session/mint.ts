/** Minting: the customer's backend, by a service key, vouches for somebody and gets a session. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../config/secret.ts'
import type { Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { CookieNames } from '../http/request/cookies.ts'
import type { Assertion } from './assertion.ts'
import type { Cap } from './caps.ts'
import { setCookie } from './credentials/headers.ts'
import type { Created } from './issue.ts'
import type { People } from './people.ts'
import type { ResolveUser } from './resolve-user.ts'
import type { Sessions } from './sessions.ts'

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

interface MintParts {
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
  async (assertion: Assertion, method: string, cap?: Cap): Promise<Minted> => {
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
