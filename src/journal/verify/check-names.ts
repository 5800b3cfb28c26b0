/** People are found by their userId through one table: each of its rows must say what its name was sealed with, and only an erasure may remove one. */

import { lookupOf } from '../event/pseudonyms.ts'
import { type Sealer, unknownKey } from '../event/seal.ts'
import type { Find } from '../log/signed-tree.ts'
import type { Store } from '../store/contract.ts'
import type { Page } from './check-indexes.ts'

export function checkNames(store: Store, sealer: Sealer | undefined, find: Find) {
  const absent = new Set<string>()
  const erased = new Set<unknown>()
  /** Erasures of earlier versions tell only how many there were. */
  let counted = 0

  const page = async ({ from, to, rows }: Page): Promise<void> => {
    const stored = await store.select(
      'SELECT pseudonym, lookup, sealed FROM subject WHERE pseudonym IN (SELECT token FROM target WHERE seq >= $1 AND seq < $2)',
      [from, to],
    )
    const unchecked = new Map(stored.map((row) => [String(row['pseudonym']), row]))
    const there = new Set(unchecked.keys())
    for (const { index, event } of rows) {
      if (event.kind === 'erased') {
        const subjects = event.facts?.['subjects']
        if (Array.isArray(subjects)) for (const subject of subjects) erased.add(subject)
        else counted += Number(subjects ?? 0)
      }
      for (const { subject } of event.targets ?? []) {
        if (subject !== undefined && !there.has(subject)) absent.add(subject)
        const row = sealer && unchecked.get(subject ?? '')
        if (!row) continue
        unchecked.delete(subject!)
        const sealed = row['sealed'] as Uint8Array
        if (!sealer.knows(sealed)) find(unknownKey)
        else if (String(row['lookup']) !== lookupOf(sealer, event.tenant!, subject!, sealed))
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
