/** The making of sessions: a record sealed under a new token, and listed for its person. */
import type { KeyRing } from '../crypto/key-ring.ts'
import { randomBytes } from '../platform/random.ts'
import { signToken, type Token } from './credentials/token.ts'
import type { People } from './people.ts'
import { appKeysOf, type IndexEntry, personKeysOf, type Session, type SessionRecord, type SessionRef, storeKey } from './record.ts'
import { openFor, sealFor, sealIndex, sealRecord } from './seal.ts'
import type { SessionStore } from './store/session-store.ts'

export interface Created {
  readonly token: string
  readonly sessionId: string
  /** ISO 8601. */
  readonly expiresAt: string
}

export interface Lifetime {
  readonly idleMs: number
  readonly absoluteMs: number
}

/** The tag under which service sessions are listed. */
export const servicesKey = 'services'

export const newSid = (): string => `s_${randomBytes(12).toString('base64url')}`
export const newJti = (): string => randomBytes(32).toString('base64url')

export const indexOf = (peppers: KeyRing, place: SessionRef, record: SessionRecord, family = false): string => {
  const { app, actor, kind, roles, device } = record
  const entry: IndexEntry = {
    key: place.key,
    tag: place.tag,
    app,
    kind,
    actor: actor.name ?? actor.id,
    actorId: actor.name === undefined ? undefined : actor.id,
    roles,
    device,
    providerSid: record.provider?.sid,
    provedAt: record.provider?.provedAt,
  }
  return sealIndex(peppers, record.sid, family ? { ...entry, family: true } : entry).toString('base64')
}

/** Sealed apart from the record: only signing out needs it, and every call opens the record. */
interface SessionSecrets {
  readonly idToken?: string | undefined
}

const sealSecrets = (peppers: KeyRing, { key }: SessionRef, extra: SessionSecrets): string | undefined =>
  extra.idToken === undefined ? undefined : sealFor(peppers, 'session extra', key, extra)

type PreviousSession = Pick<Session, 'place' | 'sid'>

interface Parts {
  readonly store: SessionStore
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly people: People
}

export const createIssue = ({ store, keys, peppers, people }: Parts) => {
  const sign = (jti: string, tag: string, record: SessionRecord, expiresMs: number): Created => {
    const { kind, scope, userId } = record
    const named = scope === 'appUser' && userId !== undefined ? { userId } : {}
    const token: Token = { jti, kind, tag, app: appKeysOf(peppers, record.app)[0], scope, ...named, exp: Math.ceil(expiresMs / 1000) }
    return { token: signToken(keys, token), sessionId: record.sid, expiresAt: new Date(expiresMs).toISOString() }
  }

  return {
    create: async (draft: Omit<SessionRecord, 'sid'>, { idleMs, absoluteMs }: Lifetime, extra: SessionSecrets = {}): Promise<Created> => {
      const record: SessionRecord = { ...draft, sid: newSid() }
      const { sid } = record
      const jti = newJti()
      const [tag] = personKeysOf(peppers, record)
      const place = { key: storeKey(jti), tag }
      const index = indexOf(peppers, place, record)
      const sealed = sealRecord(peppers, jti, tag, record).toString('base64')
      const times = await store.create(place, {
        sid,
        sealed,
        index,
        idleMs,
        absoluteMs,
        extra: sealSecrets(peppers, place, extra),
        app: appKeysOf(peppers, record.app)[0],
      })
      if (record.kind === 'service') await store.addToList(servicesKey, { sid, index, ...times })
      await people.register(record, { sid, index, ...times })
      return sign(jti, tag, record, times.expiresMs)
    },

    /** A new token for a session that keeps its id. Undefined when the session had ended. */
    rotate: async (
      old: PreviousSession,
      draft: Omit<SessionRecord, 'sid'>,
      { idleMs, absoluteMs }: Lifetime,
      extra?: SessionSecrets,
    ): Promise<Created | undefined> => {
      const { place, sid } = old
      const record: SessionRecord = { ...draft, sid }
      const jti = newJti()
      const next = { key: storeKey(jti), tag: place.tag }
      const index = indexOf(peppers, next, record)
      const sealed = sealRecord(peppers, jti, place.tag, record).toString('base64')
      const sealedSecrets = sealSecrets(peppers, next, extra ?? (await readSecrets(place)))
      const times = await store.rotate(place, next.key, { sid, sealed, index, idleMs, absoluteMs, extra: sealedSecrets })
      if (!times) return undefined
      await people.register(record, { sid, index, ...times })
      return sign(jti, place.tag, record, times.expiresMs)
    },

    readExtra: readSecrets,
  }

  async function readSecrets(place: SessionRef): Promise<SessionSecrets> {
    const sealed = await store.extra(place)
    return ((sealed && openFor(peppers, 'session extra', place.key, sealed)) as SessionSecrets | undefined) ?? {}
  }
}
