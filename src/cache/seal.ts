/** The seal of what lies in the cache: AES-256-GCM under a key of the pepper, bound to its cache key, so that an entry moved under another key does not open. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { type KeyRing, perKey } from '../crypto/key-ring.ts'
import { randomBytes } from '../crypto/random.ts'

const keyOf = perKey(({ secret }) => Buffer.from(hkdfSync('sha256', secret, '', 'smooch-bff user cache', 32)))

/** kid and a colon, then base64 of iv | tag | ciphertext. `place` says where it may be opened. */
export const seal = (peppers: KeyRing, aad: string, text: string): string => {
  const [pepper] = peppers()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(pepper), iv).setAAD(Buffer.from(aad))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return `${pepper.id}:${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')}`
}

/** Undefined when no live pepper opens it here. */
export const open = (peppers: KeyRing, aad: string, sealed: string): string | undefined => {
  const colon = sealed.indexOf(':')
  const kid = sealed.slice(0, colon)
  const pepper = peppers().find(({ id }) => id === kid)
  if (!pepper) return undefined
  const blob = Buffer.from(sealed.slice(colon + 1), 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(pepper), blob.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(aad)).setAuthTag(blob.subarray(12, 28))
    const text = decipher.update(blob.subarray(28))
    decipher.final()
    return text.toString()
  } catch {
    return undefined
  }
}
