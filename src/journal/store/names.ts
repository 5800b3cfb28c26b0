/** Names of a person in the log: pseudonyms, by userId or by the id that a call used, and the
 * vendor's `_id`s. An event that holds both connects them. */
import { looksLikeSmoochId } from '../../contract/ids.ts'
import type { Sealer } from '../event/seal.ts'
import { nameBehind } from './pseudonyms.ts'
import { pseudonymsAt, pseudonymsBeside, targetsOfEventsOn } from './queries/people.ts'
import type { Source } from './queries/source.ts'

/** A bound far above what anybody has. */
const maxNames = 50

/** Names of the same target in some event. */
const coOccurringNames = async (store: Source, name: string): Promise<string[]> =>
  (await targetsOfEventsOn(store, name))
    .map(({ subject, smoochId }) => [subject, smoochId])
    .filter((both) => both.includes(name))
    .flat()
    .filter((other): other is string => typeof other === 'string')

/** The `_id` behind a pseudonym: a call may have asked for one. */
const idBehind = async (store: Source, sealer: Sealer, pseudonym: string): Promise<string[]> => {
  const name = await nameBehind({ store, sealer }, pseudonym)
  return name !== undefined && looksLikeSmoochId(name) ? [name] : []
}

/** All names of the person with this userId (of the tenant), `_id` or pseudonym, it included. */
export async function namesOf(store: Source, sealer: Sealer, tenant: string | undefined, person: string): Promise<string[]> {
  const names = new Set([person])
  const othersOf = async (name: string): Promise<string[]> => {
    if (name.startsWith('sub_')) return [...(await pseudonymsBeside(store, name)), ...(await idBehind(store, sealer, name))]
    return tenant === undefined ? [] : await pseudonymsAt(store, sealer.lookup(tenant, name))
  }
  // The loop also visits names that are added to the set in it.
  for (const name of names) {
    if (names.size > maxNames) break
    for (const other of [...(await othersOf(name)), ...(await coOccurringNames(store, name))]) names.add(other)
  }
  return [...names]
}
