/** Nonces of our own sign-ins, known by their form: the ID token that holds one has been used, and is nothing to exchange. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { newJti } from '../session/issue.ts'

const proof = (secret: string, random: string): string => keyedName(secret, 'nonce', random)

export const newNonce = (peppers: KeyRing): string => {
  const random = newJti()
  return `${random}.${proof(peppers()[0].secret, random)}`
}

export const isOurNonce = (peppers: KeyRing, nonce: unknown): boolean => {
  if (typeof nonce !== 'string') return false
  const [random = '', proved] = nonce.split('.')
  return peppers().some(({ secret }) => proof(secret, random) === proved)
}
