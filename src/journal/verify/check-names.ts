/** Verification of the table by which people are found: each look-up key must fit its sealed name,
 * and only an erasure may remove a row. */

import { type Sealer, unknownKey } from '../event/seal.ts'
import { lookupOf } from '../store/pseudonyms.ts'
import { namesBetween } from '../store/queries/people.ts'
import type { Source } from '../store/queries/source.ts'
import type { Page } from './check-indexes.ts'
import type { Find } from './signed-tree.ts'

export function checkNames(store: Source, sealer: Sealer | undefined, find: Find) {
  const absent = new Set<string>()
  const erased = new Set<unknown>()
  /** Erasures by earlier versions hold only their number. */
  let counted = 0

  const page = async ({ from, to, rows }: Page): Promise<void> => {
    const unchecked = new Map((await namesBetween(store, from, to)).map((name) => [name.pseudonym, name]))
    const there = new Set(unchecked.keys())
    for (const { index, event } of rows) {
      if (event.kind === 'erased') {
        const subjects = event.facts?.['subjects']
        if (Array.isArray(subjects)) for (const subject of subjects) erased.add(subject)
        else counted += Number(subjects ?? 0)
      }
      for (const { subject } of event.targets ?? []) {
        if (subject !== undefined && !there.has(subject)) absent.add(subject)
        const name = sealer && unchecked.get(subject ?? '')
        if (!name) continue
        unchecked.delete(name.pseudonym)
        if (!sealer.knows(name.sealed)) find(unknownKey)
        else if (name.lookup !== lookupOf(sealer, event.tenant!, name.pseudonym, name.sealed))
          find('a search by userId would miss this event', index)
      }
    }
  }

  const end = (): void => {
    const lost = [...absent].filter((name) => !erased.has(name)).length - counted
    if (lost > 0) find(`names of people are gone that no erasure removed (${lost}): a search by their userId would miss them`)
  }
  return { page, end }
}
