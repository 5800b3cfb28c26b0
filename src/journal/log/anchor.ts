/** Anchors: the highest checkpoint ever seen, kept outside the log. Only by it can a cut-off end be
 * noticed. */
import { parseCheckpoint } from './checkpoint.ts'

export interface Mark {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** One entry per journal id, and the id of the journal in use. */
export interface Anchor {
  /** The journal last in use; another one here now means that it was lost. */
  last(): Promise<string | undefined>
  /** Stores the id of the journal in use. */
  use(journal: string): Promise<void>
  highest(journal: string): Promise<Mark | undefined>
  /** Keeps the larger mark, and the journal in use: so an anchor that was emptied is filled
   * again. */
  raise(journal: string, mark: Mark): Promise<void>
  /** Lowers the mark; for accept-rollback alone. */
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
