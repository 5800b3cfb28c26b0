/** Aliases from one name of a person to the other: sealed, since they hold a name, and bound to
 * their cache key. */

import { opener } from '../crypto/decryption-memo.ts'
import { type KeyRing, perKey } from '../crypto/key-ring.ts'
import { memo } from '../platform/memo.ts'
import { cacheKeysOf, type Name } from './keys.ts'
import { open, seal } from './seal.ts'
import type { Alias } from './store/cache-store.ts'

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
