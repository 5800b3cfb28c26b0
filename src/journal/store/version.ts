/** Versions of the journal's schema. A step leads from one to the next, and there is none back. */

export interface SchemaMark {
  readonly version: number
  /** Services that know this version may go on too. */
  readonly oldest: number
}

/** TABLE: the oldest version whose services may go on, by version. It stays as it is with a step
 * that they need not know: an index, a column that may be empty. */
const oldest = [0, 1] as const

/** What this service makes, and the last one that it knows. */
export const current: SchemaMark = { version: oldest.length - 1, oldest: oldest.at(-1)! }

const alone = (version: number): SchemaMark => ({ version, oldest: version })

/** For a journal without a mark, which was made before there were marks. */
export const markByTables = (knowsApps: boolean): SchemaMark => alone(knowsApps ? 1 : 0)

/** Both in one number, where a store has room for one: 1002 is version 2, and 1 may go on. */
export const numberOf = ({ version, oldest }: SchemaMark): number => (oldest === version ? version : oldest * 1_000 + version)
export const markIn = (mark: number): SchemaMark =>
  mark < 1_000 ? alone(mark) : { version: mark % 1_000, oldest: Math.floor(mark / 1_000) }

export const remedyOfLater =
  'start the smooch-bff that upgraded it, or a later one; to go on with this one, restore the backup from before the upgrade'

/** True when what we write might not fit it. */
export const isTooLate = ({ oldest }: SchemaMark): boolean => oldest > current.version

/** Throws when a later smooch-bff has upgraded the journal and shuts us out. */
export function refuseLater(journal: string, mark: SchemaMark): void {
  if (isTooLate(mark))
    throw new Error(
      `${journal} has version ${mark.version} of the schema, and this smooch-bff knows ${current.version} at most: ${remedyOfLater}`,
    )
}

/** True when a later smooch-bff has added what we need not know. */
export const isExtended = ({ version }: SchemaMark): boolean => version > current.version
