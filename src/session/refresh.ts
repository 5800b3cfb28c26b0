/** Sessions of mobile apps: a short access token and a refresh token to be used once. Each token's
 * successor is derived from it, so a repeated call gets the same answer. */
import { createHmac } from 'node:crypto'
import { Problem } from '../contract/problems.ts'
import type { KeyRing, RingKey } from '../crypto/key-ring.ts'
import { signToken, type Token, verifyToken } from './credentials/token.ts'
import { indexOf, newJti, newSid } from './issue.ts'
import { familyLifetimeOf, refreshGraceMs } from './lifetimes.ts'
import { requireServed } from './lookup.ts'
import type { People } from './people.ts'
import { appKeysOf, personKeysOf, type SessionRecord, storeKey } from './record.ts'
import { currentRoles, openRoles } from './roles.ts'
import { openRecord, sealRecord } from './seal.ts'
import type { FamilyTimes } from './store/family-store.ts'
import type { SessionStore } from './store/session-store.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly sessionId: string
  readonly accessExpiresMs: number
  readonly refreshExpiresMs: number
  /** Of the clock of these times. */
  readonly nowMs: number
}

interface Parts {
  /** By the ids of those that are served. */
  readonly apps: ReadonlyMap<string, unknown>
  readonly store: SessionStore
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly people: People
  /** A used refresh token came again after the grace: it may be stolen, so the session ended. */
  readonly reused: (event: { actor: string; session: string }) => void
}

/** The successor of a refresh token, which only a holder of the pepper can work out. */
const derive = (pepper: RingKey, what: 'next' | 'access', family: string, jti: string): string =>
  createHmac('sha256', pepper.secret).update(`refresh ${what}|${family}|${jti}`).digest('base64url')

const invalidGrant = () => new Problem('invalid_grant')

export const createRefresh = ({ apps, store, keys, peppers, people, reused }: Parts) => {
  const sealedUnder = (jti: string, tag: string, record: SessionRecord) => sealRecord(peppers, jti, tag, record).toString('base64')

  const tokens = (
    record: SessionRecord,
    tag: string,
    fam: string,
    jtis: { refresh: string; access: string },
    times: FamilyTimes,
  ): Tokens => {
    const { sid, scope, userId } = record
    const both = { tag, app: appKeysOf(peppers, record.app)[0], scope }
    const named = scope === 'appUser' && userId !== undefined ? { userId } : {}
    const refresh: Token = { jti: jtis.refresh, kind: 'refresh', ...both, fam, exp: Math.ceil(times.expiresMs / 1000) }
    const access: Token = { jti: jtis.access, kind: 'bearer', ...both, ...named, exp: Math.ceil(times.accessExpiresMs / 1000) }
    return {
      accessToken: signToken(keys, access),
      refreshToken: signToken(keys, refresh),
      sessionId: sid,
      accessExpiresMs: times.accessExpiresMs,
      refreshExpiresMs: times.expiresMs,
      nowMs: times.nowMs,
    }
  }

  return {
    begin: async (given: Omit<SessionRecord, 'sid'>): Promise<Tokens> => {
      const fam = newJti()
      const record: SessionRecord = { ...given, sid: newSid(), family: storeKey(fam) }
      const [tag] = personKeysOf(peppers, record)
      const place = { key: storeKey(fam), tag }
      const jti = newJti()
      // Its own: derived, it would be that of the next access session, and never be shortened.
      const accessJti = newJti()
      const { accessMs, ...lifetime } = familyLifetimeOf(record.roles)
      const index = indexOf(peppers, place, record, true)
      const access = { key: storeKey(accessJti), sealed: sealedUnder(accessJti, tag, record), lifeMs: accessMs }
      const family = {
        sid: record.sid,
        sealed: sealedUnder(fam, tag, record),
        index,
        ...lifetime,
        token: storeKey(jti),
        access,
        app: appKeysOf(peppers, record.app)[0],
      }
      const times = await store.createFamily(place, family)
      await people.register(record, { sid: record.sid, index, createdMs: times.createdMs, expiresMs: times.expiresMs })
      return tokens(record, tag, fam, { refresh: jti, access: accessJti }, times)
    },

    /** Throws `invalid_grant`, and `forbidden` for an app that is not served. The signature is
     * checked before any look-up. `count` gets the person's key and may refuse. */
    refresh: async (text: string, count: (tag: string) => Promise<void>): Promise<Tokens> => {
      const token = verifyToken(keys, text)
      if (token?.kind !== 'refresh' || token.fam === undefined) throw invalidGrant()
      const { fam, tag } = token
      await count(tag)
      const place = { key: storeKey(fam), tag }
      const found = await store.readFamily(place, token.app)
      const kept = found && openRecord(peppers, fam, tag, found.sealed)
      if (!kept) throw invalidGrant()
      // Before the token is used up: an app that is left out by mistake comes back.
      requireServed(apps, kept)
      const mark = openRoles(peppers, tag, found.roles)
      const record: SessionRecord = { ...kept, roles: currentRoles(kept, mark), rolesVersion: mark?.version ?? kept.rolesVersion }
      const [pepper] = peppers()
      const accessJti = derive(pepper, 'access', fam, token.jti)
      const answer = await store.refresh(place, {
        sid: record.sid,
        token: storeKey(token.jti),
        next: storeKey(derive(pepper, 'next', fam, token.jti)),
        access: {
          key: storeKey(accessJti),
          sealed: sealedUnder(accessJti, tag, record),
          lifeMs: familyLifetimeOf(record.roles).accessMs,
        },
        graceMs: refreshGraceMs,
      })
      if (answer.outcome === 'reused') reused({ actor: tag, session: record.sid })
      if (!('next' in answer)) throw invalidGrant()
      // Tried under each pepper: one may have been added since the successor was made.
      const made = peppers().find((candidate) => storeKey(derive(candidate, 'next', fam, token.jti)) === answer.next)
      if (!made) throw invalidGrant()
      const jtis = { refresh: derive(made, 'next', fam, token.jti), access: derive(made, 'access', fam, token.jti) }
      return tokens(record, tag, fam, jtis, answer)
    },
  }
}

export type RefreshFamilies = ReturnType<typeof createRefresh>
