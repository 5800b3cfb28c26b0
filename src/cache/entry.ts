/** An entry of the cache: the person's view as text, then the user: a hot read parses nothing. */

import type { Identified } from '../contract/schemas.ts'
import { opener } from '../crypto/decryption-memo.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { parseExact } from '../platform/exact-json.ts'
import { withoutDeviceSecrets } from '../policy/visible-fields.ts'
import { cacheKeysOf, isCacheKeyOf, type Name } from './keys.ts'
import { type Lifetimes, lifetimes } from './lifetimes.ts'
import { open, seal } from './seal.ts'
import type { StoredEntry } from './store/cache-store.ts'

export type User = Identified

export interface Entry {
  /** JSON, as the person may see it. */
  readonly selfView: string
  /** The whole user; parsed when somebody asks. */
  readonly body: () => User
}

interface EntriesParts {
  readonly peppers: KeyRing
  /** What a person may see of the own user. */
  readonly selfViewOf: (user: User) => unknown
  /** For tests that cannot wait. */
  readonly times?: Partial<Lifetimes> | undefined
}

/** An entry above this is not worth its memory; the vendor's own bound on properties is 4 KB. */
const maxBytes = 64 * 1024
/** Raised when the text or the own view changes: entries of the version before are misses. */
const version = 3
/** JSON has no line breaks of its own. */
const separator = '\n'
const negativeEntry = 'null'

const opened = opener<Entry | null>()

export const createEntries = ({ peppers, selfViewOf, times }: EntriesParts) => {
  const life = { ...lifetimes, ...times }
  const aad = (key: string): string => `copy${version}|${key}`

  /** False for an answer about another user: a survivor of a merge, an id in another spelling. */
  const belongs = (key: string, app: string, { kind, id }: Name, { _id, userId }: User['appUser']): boolean =>
    kind === 'smooch'
      ? _id === id && cacheKeysOf(peppers, app, { kind, id: _id })[0] === key
      : typeof userId === 'string' && isCacheKeyOf(peppers, key, app, userId)

  return {
    life,
    of: (body: User): Entry => ({ selfView: JSON.stringify(selfViewOf(body)), body: () => body }),

    /** What is stored under this name, and both names. Nothing without a userId: the vendor may
     * give one at any time, without telling. */
    toEntry: (key: string, app: string, name: Name, entry: Entry): (StoredEntry & { here: Name; there: Name }) | undefined => {
      const { appUser } = entry.body()
      const { _id, userId } = appUser
      if (typeof userId !== 'string' || !belongs(key, app, name, appUser)) return undefined
      const sealed = seal(peppers, aad(key), entry.selfView + separator + JSON.stringify(withoutDeviceSecrets(entry.body())))
      if (sealed.length > maxBytes) return undefined
      const user = { kind: 'user', id: userId } as const
      const smooch = { kind: 'smooch', id: _id } as const
      const [here, there] = name.kind === 'user' ? [user, smooch] : [smooch, user]
      return { sealed, freshMs: jittered(life.freshMs), keepMs: life.ifErrorMs, here, there }
    },
    /** What is stored for "there is no such user". */
    negativeEntry: (key: string): StoredEntry => ({
      sealed: seal(peppers, aad(key), negativeEntry),
      freshMs: life.noneMs,
      keepMs: life.noneMs,
    }),

    /** Null: "there is no such user". Undefined: it cannot be opened here. */
    open: (key: string, sealed: string | undefined): Entry | null | undefined =>
      sealed === undefined
        ? undefined
        : opened.read(peppers, key, sealed, () => {
            const text = open(peppers, aad(key), sealed)
            if (text === undefined) return undefined
            return text === negativeEntry ? null : fromText(text)
          }),
  }
}

export type Entries = ReturnType<typeof createEntries>

const fromText = (text: string): Entry => {
  const end = text.indexOf(separator)
  return {
    selfView: text.slice(0, end),
    body: () => parseExact(text.slice(end + 1)) as User,
  }
}

/** Jitter: entries stored together do not expire together. */
const jittered = (ms: number): number => Math.round(ms * (0.9 + Math.random() * 0.2))
