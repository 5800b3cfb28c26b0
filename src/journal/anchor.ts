/** The memory outside: the highest checkpoint ever seen, against which a log that went back is noticed. Nothing inside the log can show that its end was cut. */
import { parseCheckpoint } from './checkpoint.ts'
import { rootSigned, tipOf } from './reader.ts'
import type { Store } from './store.ts'

export interface Mark {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** One entry per journal id, kept elsewhere (Redis). */
export interface Anchor {
  highest(journal: string): Promise<Mark | undefined>
  /** Keeps the larger of the two. */
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
  return {
    highest: (journal) => Promise.resolve(marks.get(journal)),
    raise: (journal, mark) => {
      if (mark.size > (marks.get(journal)?.size ?? -1)) marks.set(journal, mark)
      return Promise.resolve()
    },
    reset: (journal, mark) => {
      marks.set(journal, mark)
      return Promise.resolve()
    },
  }
}

/** What is wrong with the log in the light of this mark; undefined when it continues it. */
export async function contradicts(store: Store, mark: Mark | undefined): Promise<string | undefined> {
  if (!mark) return undefined
  const { size, cut } = await tipOf(store)
  if (size < mark.size) return `the log went back from ${mark.size} to ${size}`
  const root = mark.size < cut ? undefined : await rootSigned(store, mark.size)
  if (mark.size >= cut && root?.toString('base64') !== mark.root) return `the log is not the one that was anchored at ${mark.size}`
  return undefined
}
