/** Sealing of cached texts, bound to their cache key: under another key they do not open. */
import { decrypt, deriveKey, encrypt } from '../crypto/envelope.ts'
import { type KeyRing, perKey } from '../crypto/key-ring.ts'

const keyOf = perKey(({ secret }) => deriveKey(secret, 'user cache'))
const noHeader = Buffer.alloc(0)

/** kid, colon, base64. `aad`: where it may be opened. */
export const seal = (peppers: KeyRing, aad: string, text: string): string => {
  const [pepper] = peppers()
  return `${pepper.id}:${encrypt(keyOf(pepper), aad, text, noHeader).toString('base64')}`
}

/** Undefined when no live pepper opens it here. */
export const open = (peppers: KeyRing, aad: string, sealed: string): string | undefined => {
  const colon = sealed.indexOf(':')
  const kid = sealed.slice(0, colon)
  const pepper = peppers().find(({ id }) => id === kid)
  return pepper && decrypt(keyOf(pepper), aad, Buffer.from(sealed.slice(colon + 1), 'base64'))?.toString()
}
