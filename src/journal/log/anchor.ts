/** The memory outside: the highest checkpoint ever seen, against which a log that went back is noticed. Nothing inside the log can show that its end was cut. */
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
