/** Verification of the table by which people are found: each look-up key must fit its sealed name,
 * only an erasure may remove a row, and a row of nobody is worth a note. */

import type { Event } from '../event/event.ts'
import { type Sealer, unknownKey } from '../event/seal.ts'
import { lookupOf } from '../store/pseudonyms.ts'
import { namesBetween, namesWithoutTarget, type StoredName, sealedNames } from '../store/queries/people.ts'
import type { Source } from '../store/queries/source.ts'
import { isNamedSince } from '../store/queries/verification.ts'
import type { Page } from './check-indexes.ts'
import type { Erasures } from './erasures.ts'
import type { Find, Warn } from './findings.ts'

/** Pseudonyms of who called, and for whom, beside those of the targets. */
const callersIn = ({ actor }: Event): string[] => [
  ...(actor?.type === 'user' && actor.id.startsWith('sub_') ? [actor.id] : []),
  ...(actor?.onBehalfOf ? [actor.onBehalfOf] : []),
]
const targetsIn = ({ targets = [] }: Event): string[] => targets.flatMap(({ subject }) => subject ?? [])

export function checkNames(store: Source, sealer: Sealer | undefined, erasures: Erasures, find: Find, warn: Warn) {
  const absent = new Set<string>()
  /** Of people who are no target of any event, which are few. */
  const others = new Set<string>()

  const check = ({ pseudonym, lookup, sealed }: StoredName, { index, event }: Page['rows'][number]): void => {
    if (!sealer) return
    if (!sealer.knows(sealed)) find(unknownKey)
    else if (lookup !== lookupOf(sealer, event.tenant!, pseudonym, sealed)) find('a search by userId would miss this event', index)
  }

  const page = async ({ from, to, rows }: Page): Promise<void> => {
    const stored = new Map((await namesBetween(store, from, to)).map((name) => [name.pseudonym, name]))
    const callers = [...new Set(rows.flatMap(({ event }) => callersIn(event)))].filter((name) => !stored.has(name))
    for (let at = 0; at < callers.length; at += 200)
      for (const name of await sealedNames(store, callers.slice(at, at + 200))) {
        stored.set(name.pseudonym, name)
        others.add(name.pseudonym)
      }
    const checked = new Set<string>()
    for (const row of rows)
      for (const pseudonym of [...targetsIn(row.event), ...callersIn(row.event)]) {
        if (checked.has(pseudonym)) continue
        checked.add(pseudonym)
        const name = stored.get(pseudonym)
        if (name) check(name, row)
        else absent.add(pseudonym)
      }
  }

  /** Names stay when their events are pruned, so that only a whole log tells a stray one. */
  const end = async (size: number, cut: number): Promise<void> => {
    const lost = [...absent].filter((name) => !erasures.named(name)).length - erasures.counted
    if (lost > 0) find(`names of people are gone that no erasure removed (${lost}): a search by their userId would miss them`)
    if (cut > 0) return
    let strays = 0
    for (let rows = await namesWithoutTarget(store, ''); rows.length > 0; rows = await namesWithoutTarget(store, rows.at(-1)!))
      for (const name of rows) if (!others.has(name) && !(await isNamedSince(store, size, name))) strays += 1
    if (strays > 0) warn(`there are names that no event is about (${strays}): who is recorded next may get one of them`)
  }
  return { page, end }
}
