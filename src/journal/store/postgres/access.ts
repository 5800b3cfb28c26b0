/** What a role may do with the journal in PostgreSQL: asked of the catalogue, which everybody may
 * read, so that a lack has words of its own. */
import { commandWords } from '../../../platform/command-words.ts'
import type { Source } from '../queries/source.ts'
import { lookups } from './schema.ts'

export interface Access {
  readonly role: string
  readonly version: string
  /** As a number: 150018. */
  readonly number: number
  readonly now: Date
  /** There is a schema of this name, whosever it is. */
  readonly hasSchema: boolean
  readonly hasJournal: boolean
  readonly mayMake: boolean
  readonly mayUse: boolean
  readonly takesWrites: boolean
  /** Tables that the role may not read, or not all rows of, and functions that it may not run. */
  readonly unread: readonly string[]
  readonly hidden: readonly string[]
  readonly unrun: readonly string[]
}

export const accessIn = async (select: Source['select']): Promise<Access> => (await select(lookups.access))[0] as unknown as Access

export const initFor = (role: string): string => commandWords('journal', `init --role ${role}`)

interface Lack {
  readonly what: string
  readonly todo: string
}

const fault = (what: string, todo: string): Lack => ({ what, todo })
export const sentenceOf = ({ what, todo }: Lack): string => `${what}; ${todo}`

/** Why the role cannot read what is there, and what to do; undefined when it can. */
export const faultOfReading = ({ role, hasSchema, hasJournal, mayUse, unread, hidden }: Access): Lack | undefined => {
  const init = `let the owner of the tables run: ${initFor(role)}`
  if (hasSchema && !hasJournal)
    return fault('the schema journal in this database is of something else', 'give the journal a database of its own in JOURNAL_URL')
  if (hasJournal && !mayUse) return fault(`the role ${role} may not use the schema journal`, init)
  if (unread.length > 0) return fault(`the role ${role} may not read ${unread.join(', ')} of the journal`, init)
  if (hidden.length > 0)
    return fault(
      `row level security keeps rows of ${hidden.join(', ')} of the journal from the role ${role}, so nothing it answers would be sure`,
      'let the owner of the tables switch it off: ALTER TABLE journal.NAME DISABLE ROW LEVEL SECURITY',
    )
  return undefined
}

/** Tables with a rule or row level security, which may drop or hide what is written. */
export const alteredTables = (tables: readonly string[]): Lack =>
  fault(
    `rules or row level security stand between the service and ${tables.join(', ')} of the journal`,
    `find out who put them there, and drop them; ${commandWords('journal', 'verify')} says what they did`,
  )

/** Why the role cannot append; undefined when it can. */
export const faultOfWriting = ({ role, unrun, takesWrites }: Access): Lack | undefined => {
  if (unrun.length > 0)
    return fault(`the role ${role} may not run ${unrun.join(', ')} of the journal`, `let the owner of the tables run: ${initFor(role)}`)
  if (!takesWrites)
    return fault(
      `PostgreSQL takes no writes of the role ${role}: it is a standby, or default_transaction_read_only is on`,
      'name the primary in JOURNAL_URL, or take the setting away',
    )
  return undefined
}
