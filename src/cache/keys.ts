/** Cache keys of a person: one per name and live pepper, that of the userId being also the person
 * key of the sessions; and the aliases that lead from one name to the other. */

import { looksLikeSmoochId } from '../contract/ids.ts'
import { opener } from '../crypto/decryption-memo.ts'
import { type KeyRing, keyedName, perKey, type RingKey } from '../crypto/key-ring.ts'
import { memo } from '../platform/memo.ts'
import { open, seal } from './seal.ts'
import type { Alias } from './store/cache-store.ts'

export interface Name {
  readonly kind: 'user' | 'smooch'
  readonly id: string
}

const cacheKeyUnder = (pepper: RingKey, app: string, { kind, id }: Name): string =>
  kind === 'user' ? keyedName(pepper, 'user', app, id) : keyedName(pepper, 'cell', app, id.toLowerCase())

/** The first is read and stored under; a change invalidates all. */
export const cacheKeysOf = (peppers: KeyRing, app: string, name: Name): [string, ...string[]] =>
  peppers().map((pepper) => cacheKeyUnder(pepper, app, name)) as [string, ...string[]]

/** The name of an id. The vendor's are lower-case: another spelling may be somebody's userId. */
export const nameOf = (id: string): Name => ({ kind: looksLikeSmoochId(id) && id === id.toLowerCase() ? 'smooch' : 'user', id })

/** The names that an id may be: a customer's userId can look like a smoochId. */
export const namesOf = (id: string): Name[] => [{ kind: 'user', id }, ...(looksLikeSmoochId(id) ? [{ kind: 'smooch', id } as const] : [])]

/** Whether a cache key is that of this userId. */
export const isCacheKeyOf = (peppers: KeyRing, key: string, app: string, userId: string): boolean =>
  peppers().some((pepper) => cacheKeyUnder(pepper, app, { kind: 'user', id: userId }) === key)

/** An alias is sealed, since it holds a name, and bound to its cache key. */
const aad = (key: string): string => `link|${key}`

/** Sealed once, since an alias never changes. `words`: its cache key and the name it holds. */
const sealedWith = perKey((pepper) =>
  memo(4_000, (words) => {
    const end = words.indexOf('{')
    return seal(() => [pepper], aad(words.slice(0, end)), words.slice(end))
  }),
)

const opened = opener<Name & { readonly app: string }>()

export const aliasTo = (peppers: KeyRing, key: string, app: string, other: Name): Alias => {
  const named = { app, ...other }
  const sealed = sealedWith(peppers()[0])(key + JSON.stringify(named))
  opened.read(peppers, key, sealed, () => named)
  return { name: cacheKeysOf(peppers, app, other)[0], sealed }
}

/** The other name that an alias under this key was last seen to hold. */
export const lastAliased = (peppers: KeyRing, key: string): Name | undefined => opened.last(peppers, key)

/** The cache keys that an alias leads to, under every live pepper. */
export const aliasedKeys = (peppers: KeyRing, key: string, sealed: string | undefined): string[] => {
  if (!sealed) return []
  const named = opened.read(peppers, key, sealed, () => {
    const text = open(peppers, aad(key), sealed)
    return text === undefined ? undefined : (JSON.parse(text) as Name & { app: string })
  })
  return named ? cacheKeysOf(peppers, named.app, named) : []
}
