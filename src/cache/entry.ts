/** A copy of a user as it lies in the cache: the text that the person's own front end is given, then the whole user for everybody else. So the read that every page makes parses nothing. */

import type { Identified } from '../contract/schemas.ts'
import type { Ring } from '../crypto/key-ring.ts'
import { parseExact } from '../platform/exact-json.ts'
import { withoutDeviceSecrets } from '../policy/projection.ts'
import { cellsOf, isCellOf, type Name } from './keys.ts'
import { open, seal } from './seal.ts'
import type { Kept } from './store/contract.ts'

export type User = Identified

export interface Copy {
  /** JSON, as the person may see it. */
  readonly shown: string
  /** The whole user; parsed when somebody asks. */
  readonly body: () => User
}

/** How long copies serve, in milliseconds. */
export interface Lifetimes {
  readonly freshMs: number
  readonly revalidateMs: number
  readonly ifErrorMs: number
  readonly noneMs: number
}

export interface CopiesParts {
  readonly peppers: Ring
  /** What a person may see of the own user. */
  readonly show: (user: User) => unknown
  /** For tests that cannot wait. */
  readonly times?: Partial<Lifetimes> | undefined
}

const lifetimes: Lifetimes = { freshMs: 30_000, revalidateMs: 60_000, ifErrorMs: 300_000, noneMs: 5_000 }
/** A copy above this is not worth its memory; the vendor's own bound on properties is 4 KB. */
const mostBytes = 64 * 1024
/** To be raised when the text or what persons may see changes: copies of before are then no copies any more. */
const version = 2
/** JSON has no line breaks of its own. */
const between = '\n'
const nobody = 'null'

export const createCopies = ({ peppers, show, times }: CopiesParts) => {
  const life = { ...lifetimes, ...times }
  const place = (cell: string): string => `copy${version}|${cell}`

  /** The user under the name of this cell, or nothing when the answer speaks of somebody else (a survivor of a merge, an id in another spelling). */
  const belongs = (cell: string, app: string, { kind, id }: Name, { _id, userId }: User['appUser']): boolean =>
    kind === 'smooch'
      ? _id === id && cellsOf(peppers, app, { kind, id: _id })[0] === cell
      : typeof userId === 'string' && isCellOf(peppers, cell, app, userId)

  return {
    life,
    of: (body: User): Copy => ({ shown: JSON.stringify(show(body)), body: () => body }),

    /** What is to be kept under this name, and the person's two names; nothing for somebody without a userId: the vendor may give that person one at any time, and nobody would tell us. */
    toKeep: (cell: string, app: string, name: Name, copy: Copy): (Kept & { here: Name; there: Name }) | undefined => {
      const { appUser } = copy.body()
      const { _id, userId } = appUser
      if (typeof userId !== 'string' || !belongs(cell, app, name, appUser)) return undefined
      const sealed = seal(peppers, place(cell), copy.shown + between + JSON.stringify(withoutDeviceSecrets(copy.body())))
      if (sealed.length > mostBytes) return undefined
      const user = { kind: 'user', id: userId } as const
      const smooch = { kind: 'smooch', id: _id } as const
      const [here, there] = name.kind === 'user' ? [user, smooch] : [smooch, user]
      return { sealed, freshMs: jittered(life.freshMs), keepMs: life.ifErrorMs, here, there }
    },
    /** What is to be kept of "there is no such user". */
    nobody: (cell: string): Kept => ({ sealed: seal(peppers, place(cell), nobody), freshMs: life.noneMs, keepMs: life.noneMs }),

    /** Null stands for "there is no such user"; undefined when it cannot be opened here. */
    open: (cell: string, sealed: string | undefined): Copy | null | undefined => {
      const text = sealed && open(peppers, place(cell), sealed)
      if (!text) return undefined
      return text === nobody ? null : fromText(text)
    },
  }
}

export type Copies = ReturnType<typeof createCopies>

const fromText = (text: string): Copy => {
  const end = text.indexOf(between)
  return {
    shown: text.slice(0, end),
    body: () => parseExact(text.slice(end + 1)) as User,
  }
}

/** Spread, so that copies made together do not end together. */
const jittered = (ms: number): number => Math.round(ms * (0.9 + Math.random() * 0.2))
