/** Cache keys of a person: one per name and live pepper. That of the userId is also the person key
 * of the sessions. */
import { looksLikeSmoochId } from '../contract/ids.ts'
import { type KeyRing, keyedName, type RingKey } from '../crypto/key-ring.ts'

export interface Name {
  readonly kind: 'user' | 'smooch'
  readonly id: string
}

const cacheKeyUnder = (pepper: RingKey, app: string, { kind, id }: Name): string =>
  kind === 'user' ? keyedName(pepper, 'user', app, id) : keyedName(pepper, 'cell', app, id.toLowerCase())

/** The first is read and stored under; a change invalidates all. */
export const cacheKeysOf = (peppers: KeyRing, app: string, name: Name): [string, ...string[]] =>
  peppers().map((pepper) => cacheKeyUnder(pepper, app, name)) as [string, ...string[]]

/** The name for which an id is read. The vendor's ids are lower-case: another spelling may be
 * somebody's userId. */
export const nameOf = (id: string): Name => ({ kind: looksLikeSmoochId(id) && id === id.toLowerCase() ? 'smooch' : 'user', id })

/** The names that an id may be: a customer's userId can look like a smoochId. */
export const namesOf = (id: string): Name[] => [{ kind: 'user', id }, ...(looksLikeSmoochId(id) ? [{ kind: 'smooch', id } as const] : [])]

/** Whether a cache key is that of this userId. */
export const isCacheKeyOf = (peppers: KeyRing, key: string, app: string, userId: string): boolean =>
  peppers().some((pepper) => cacheKeyUnder(pepper, app, { kind: 'user', id: userId }) === key)
