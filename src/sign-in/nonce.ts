/** Nonces and states of our sign-ins, which prove themselves: such a nonce is not exchanged, such a
 * state is no guess. */
import { type KeyRing, keyedName, type RingKey } from '../crypto/key-ring.ts'
import { newJti } from '../session/issue.ts'

const proof = (pepper: RingKey, what: 'nonce' | 'state', random: string): string => keyedName(pepper, what, random)

export const newNonce = (peppers: KeyRing): string => {
  const random = newJti()
  return `${random}.${proof(peppers()[0], 'nonce', random)}`
}

/** 32 bytes: one half random, the other its proof. */
const halves = [22, 43] as const

export const newState = (peppers: KeyRing): string => {
  const random = newJti().slice(0, halves[0])
  return `${random}${proof(peppers()[0], 'state', random)}`.slice(0, halves[1])
}

export const isOurState = (peppers: KeyRing, state: string): boolean => {
  const random = state.slice(0, halves[0])
  return peppers().some((pepper) => `${random}${proof(pepper, 'state', random)}`.slice(0, halves[1]) === state)
}

export const isOurNonce = (peppers: KeyRing, nonce: unknown): boolean => {
  if (typeof nonce !== 'string') return false
  const [random = '', proved] = nonce.split('.')
  return peppers().some((pepper) => proof(pepper, 'nonce', random) === proved)
}
