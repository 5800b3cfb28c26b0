/** A person has two kinds of name in the log: pseudonyms, by userId or by the id that was asked for, and the vendor's `_id`s. An event that says both connects them. */
import { looksLikeSmoochId } from '../../contract/ids.ts'
import type { Sealer } from '../event/seal.ts'
import { nameBehind } from './pseudonyms.ts'
import { pseudonymsAt, pseudonymsBeside, targetsOfEventsOn } from './queries/people.ts'
import type { Source } from './queries/source.ts'

/** Far more than anybody has; a bound all the same. */
const maxNames = 50

/** Names that stand for the same target as this one in some event. */
const coOccurringNames = async (store: Source, name: string): Promise<string[]> =>
  (await targetsOfEventsOn(store, name))
    .map(({ subject, smoochId }) => [subject, smoochId])
    .filter((both) => both.includes(name))
    .flat()
    .filter((other): other is string => typeof other === 'string')

/** A pseudonym stands for a name as it was asked for, which may have been an `_id`. */
const idBehind = async (store: Source, sealer: Sealer, pseudonym: string): Promise<string[]> => {
  const name = await nameBehind({ store, sealer }, pseudonym)
  return name !== undefined && looksLikeSmoochId(name) ? [name] : []
}

/** All names of the person whom this userId (of the tenant), `_id` or pseudonym names, itself among them. */
export async function namesOf(store: Source, sealer: Sealer, tenant: string | undefined, person: string): Promise<string[]> {
  const names = new Set([person])
  const othersOf = async (name: string): Promise<string[]> => {
    if (name.startsWith('sub_')) return [...(await pseudonymsBeside(store, name)), ...(await idBehind(store, sealer, name))]
    return tenant === undefined ? [] : await pseudonymsAt(store, sealer.lookup(tenant, name))
  }
  // A set goes on through what is added on the way.
  for (const name of names) {
    if (names.size > maxNames) break
    for (const other of [...(await othersOf(name)), ...(await coOccurringNames(store, name))]) names.add(other)
  }
  return [...names]
}
