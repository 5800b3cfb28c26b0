/** Versions of the journal's schema. A step leads from one to the next, and there is none back. */

/** For a journal without a mark, which was made before there were marks. */
export const unmarkedVersion = (knowsApps: boolean): number => (knowsApps ? 1 : 0)

export const remedyOfLater =
  'start the smooch-bff that upgraded it, or a later one; to go on with this one, restore the backup from before the upgrade'

/** Throws when a later smooch-bff has upgraded the journal: what we write might not fit it. */
export function refuseLater(journal: string, version: number, known: number): void {
  if (version > known)
    throw new Error(`${journal} has version ${version} of the schema, and this smooch-bff knows ${known} at most: ${remedyOfLater}`)
}
