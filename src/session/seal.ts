/** The seal of what the store holds, which a dump does not open: a key needs jti and pepper. */
import { opener } from '../crypto/decryption-memo.ts'
import { decrypt, deriveKey, encrypt } from '../crypto/envelope.ts'
import { type KeyRing, perKey, type RingKey } from '../crypto/key-ring.ts'
import { hmacWith } from '../crypto/keyed-hash.ts'
import { memo } from '../platform/memo.ts'
import { type IndexEntry, type SessionRecord, storeKey } from './record.ts'
import type { Listed } from './store/session-store.ts'

const version = 2
/** One HMAC of the jti, as random as a key, gives a record's key; the pepper's is made once. */
const recordKeys = perKey(({ secret }) => {
  const hmac = hmacWith(deriveKey(secret, 'session record'))
  return memo(4_000, (jti) => hmac(jti, 'buffer'))
})
const indexKey = ({ secret }: RingKey) => deriveKey(secret, 'session index')

/** Layout: version | length of kid | kid | ciphertext. */
const seal = (pepper: RingKey, key: Buffer, aad: string, value: unknown): Buffer => {
  const kid = Buffer.from(pepper.id)
  return encrypt(key, aad, JSON.stringify(value), Buffer.concat([Buffer.from([version, kid.length]), kid]))
}

/** Undefined when no live pepper opens it, or when it was sealed under another name. */
const open = (peppers: KeyRing, keyOf: (pepper: RingKey) => Buffer, aad: string, blob: Buffer): unknown => {
  const kidEnd = 2 + (blob[1] ?? 0)
  const kid = blob.subarray(2, kidEnd).toString()
  const pepper = peppers().find(({ id }) => id === kid)
  const text = blob[0] === version && pepper && decrypt(keyOf(pepper), aad, blob.subarray(kidEnd))
  return text ? JSON.parse(text.toString()) : undefined
}

export const sealRecord = (peppers: KeyRing, jti: string, tag: string, record: SessionRecord): Buffer => {
  const [pepper] = peppers()
  return seal(pepper, recordKeys(pepper)(jti), `${storeKey(jti)}|${tag}`, record)
}

const opened = opener<SessionRecord>()

/** `sealed` in base64, as the store has it. */
export const openRecord = (peppers: KeyRing, jti: string, tag: string, sealed: string): SessionRecord | undefined =>
  opened.read(peppers, jti + tag, sealed, () => {
    const blob = Buffer.from(sealed, 'base64')
    return open(peppers, (pepper) => recordKeys(pepper)(jti), `${storeKey(jti)}|${tag}`, blob) as SessionRecord | undefined
  })

export const sealIndex = (peppers: KeyRing, sid: string, entry: IndexEntry): Buffer => {
  const [pepper] = peppers()
  return seal(pepper, indexKey(pepper), sid, entry)
}

const openIndex = (peppers: KeyRing, sid: string, blob: Buffer): IndexEntry | undefined =>
  open(peppers, indexKey, sid, blob) as IndexEntry | undefined

export const openListed = (peppers: KeyRing, listed: readonly Listed[]): (Listed & { readonly entry: IndexEntry })[] =>
  listed.flatMap((it) => {
    const entry = openIndex(peppers, it.sid, Buffer.from(it.index, 'base64'))
    return entry ? [{ ...it, entry }] : []
  })

/** Base64url of a small value sealed for one purpose and one place. */
export const sealFor = (peppers: KeyRing, purpose: string, place: string, value: unknown): string => {
  const [pepper] = peppers()
  return seal(pepper, deriveKey(pepper.secret, purpose), place, value).toString('base64url')
}

export const openFor = (peppers: KeyRing, purpose: string, place: string, text: string): unknown =>
  open(peppers, (pepper) => deriveKey(pepper.secret, purpose), place, Buffer.from(text, 'base64url'))
