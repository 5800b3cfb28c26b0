/** A pending sign-in, sealed in a cookie of its own: it costs no storage, and only this browser can
 * finish it. Its nonce and state prove themselves ours. */

import { createHash } from 'node:crypto'
import { type KeyRing, keyedName, type RingKey } from '../crypto/key-ring.ts'
import { type CookieNames, cookiesIn } from '../http/request/cookies.ts'
import { newJti } from '../session/issue.ts'
import type { Beginning } from '../session/provider-sessions.ts'
import type { SessionRef } from '../session/record.ts'
import { openFor, sealFor } from '../session/seal.ts'

export interface Transaction extends Beginning {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly provider: string
  readonly origin: string
  readonly returnTo: string
  /** The browser's session at the begin, which a new one ends. */
  readonly previous?: { readonly place: SessionRef; readonly sid: string } | undefined
  readonly stepUp: boolean
  /** The provider asks who it is, although it knows who was there before. */
  readonly somebodyElse?: boolean
}

/** Replicas of an earlier version count no logouts. */
type Earlier = Omit<Transaction, 'logouts'> & Partial<Transaction>

export const transactionMs = 10 * 60_000
const maxOpen = 5
const purpose = 'sign-in'

const nameOf = (names: CookieNames, state: string) =>
  `${names.signInPrefix}${createHash('sha256').update(state).digest('base64url').slice(0, 12)}`
// Lax: a Strict cookie is not sent when the provider sends the browser back.
const attributes = ({ secure }: CookieNames) => `Path=/; ${secure ? 'Secure; ' : ''}HttpOnly; SameSite=Lax`
const clear = (names: CookieNames, name: string) => `${name}=; ${attributes(names)}; Max-Age=0`

const open = (peppers: KeyRing, name: string, value: string, now: Beginning): Transaction | undefined => {
  const found = openFor(peppers, purpose, name, value) as Earlier | undefined
  const opened = found && { logouts: 0, ...found }
  // One that begins later than now is over: the clock was set back.
  const age = now.startedMs - (opened?.startedMs ?? 0)
  return opened && age >= 0 && age < transactionMs && opened.logouts <= now.logouts ? opened : undefined
}

const cookiesOf = (header: string | undefined, names: CookieNames): [name: string, value: string][] =>
  cookiesIn(header).filter(([name]) => name.startsWith(names.signInPrefix))

/** Values of Set-Cookie: the new transaction, and the removal of expired or surplus ones. */
export const beginTransaction = (peppers: KeyRing, transaction: Transaction, names: CookieNames, header: string | undefined): string[] => {
  const name = nameOf(names, transaction.state)
  const others = cookiesOf(header, names).map(([other, value]) => ({
    other,
    at: open(peppers, other, value, transaction)?.startedMs ?? 0,
  }))
  const newest = others.sort((a, b) => b.at - a.at)
  const over = newest.filter(({ at }, i) => at === 0 || i >= maxOpen - 1).map(({ other }) => clear(names, other))
  return [`${name}=${sealFor(peppers, purpose, name, transaction)}; ${attributes(names)}; Max-Age=${transactionMs / 1000}`, ...over]
}

/** The transaction of this state, if this browser began it, and the Set-Cookie that removes it. */
export const findTransaction = (
  peppers: KeyRing,
  { state, now }: { readonly state: string; readonly now: Beginning },
  names: CookieNames,
  header: string | undefined,
): { transaction: Transaction | undefined; end: string } => {
  const name = nameOf(names, state)
  const value = cookiesOf(header, names).find(([other]) => other === name)?.[1]
  const transaction = value === undefined ? undefined : open(peppers, name, value, now)
  return { transaction: transaction?.state === state ? transaction : undefined, end: clear(names, name) }
}

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

/** A state of ours is no guess. */
export const isOurState = (peppers: KeyRing, state: string): boolean => {
  const random = state.slice(0, halves[0])
  return peppers().some((pepper) => `${random}${proof(pepper, 'state', random)}`.slice(0, halves[1]) === state)
}

/** A token with a nonce of ours is not exchanged. */
export const isOurNonce = (peppers: KeyRing, nonce: unknown): boolean => {
  if (typeof nonce !== 'string') return false
  const [random = '', proved] = nonce.split('.')
  return peppers().some((pepper) => proof(pepper, 'nonce', random) === proved)
}
