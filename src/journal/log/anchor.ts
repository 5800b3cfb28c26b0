/** The memory outside: the highest checkpoint ever seen, against which a log that went back is noticed. Nothing inside the log can show that its end was cut. */

import type { Store } from '../store/contract.ts'
import { rootSigned, treeHead } from '../store/reader.ts'
import { parseCheckpoint } from './checkpoint.ts'

export interface Mark {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** One entry per journal id, kept elsewhere (Redis), and which journal it was that is kept here. */
export interface Anchor {
  /** The journal last in use in this place: when another stands there, it was lost. */
  last(): Promise<string | undefined>
  /** Notes the journal in use. */
  use(journal: string): Promise<void>
  highest(journal: string): Promise<Mark | undefined>
  /** Keeps the larger of the two, and notes the journal in use: an anchor that was emptied knows both again. */
  raise(journal: string, mark: Mark): Promise<void>
  /** Sets it back, for accept-rollback alone. */
  reset(journal: string, mark: Mark): Promise<void>
}

export const markOf = (note: string): Mark => {
  const { size, root } = parseCheckpoint(note)!
  return { size, root: root.toString('base64') }
}

export function anchorInMemory(): Anchor {
  const marks = new Map<string, Mark>()
  let used: string | undefined
  return {
    last: () => Promise.resolve(used),
    use: (journal) => {
      used = journal
      return Promise.resolve()
    },
    highest: (journal) => Promise.resolve(marks.get(journal)),
    raise: (journal, mark) => {
      if (mark.size > (marks.get(journal)?.size ?? -1)) marks.set(journal, mark)
      used = journal
      return Promise.resolve()
    },
    reset: (journal, mark) => {
      marks.set(journal, mark)
      return Promise.resolve()
    },
  }
}

/** The journal that is missed where this one stands. */
export async function missing(store: Store, anchor: Anchor | undefined): Promise<string | undefined> {
  const last = await anchor?.last()
  return last === store.journal ? undefined : last
}

export const isMissing = (former: string, journal: string): string =>
  `the journal ${former} is gone: another one, ${journal}, stands in its place`

/** The events by which people accepted that the log went back. */
export async function acceptances(store: Store): Promise<string[]> {
  return (await store.select("SELECT id FROM event WHERE kind = 'system' AND action = 'rollback_accepted'")).map((row) => String(row['id']))
}

/** What was seen when these were all acceptances is void once there is another. By their ids, since clocks differ. */
export const acceptedSince = (known: readonly string[], now: readonly string[]): boolean => now.some((id) => !known.includes(id))

/** What is wrong with the log in the light of this mark; undefined when it continues it. */
export async function contradicts(store: Store, mark: Mark | undefined): Promise<string | undefined> {
  if (!mark) return undefined
  const { size, cut } = await treeHead(store)
  if (size < mark.size) return `the log went back from ${mark.size} to ${size}`
  const root = mark.size < cut ? undefined : await rootSigned(store, mark.size)
  if (mark.size >= cut && root?.toString('base64') !== mark.root) return `the log is not the one that was anchored at ${mark.size}`
  return undefined
}
