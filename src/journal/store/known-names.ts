/** The names under which people know the persons of events: the userId for a pseudonym or an `_id`.
 * Addresses and numbers are masked, since they tell more than who it is. */
import { looksLikeSmoochId } from '../../contract/ids.ts'
import type { Event } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import type { SealedSource } from './history.ts'
import { sealedNames, subjectsOfIds } from './queries/people.ts'
import type { Source } from './queries/source.ts'

/** From a pseudonym or an `_id` to the name; one that was erased has none. */
export type Names = ReadonlyMap<string, string>

/** `m…@example.org`, `…0100`. */
const maskName = (name: string): string => {
  if (name.includes('@')) return name.replace(/^(.)[^@]*/u, '$1…')
  return /^\+[\d ()-]{7,}$/.test(name) ? `…${name.slice(-4)}` : name
}

export const knownNames = async ({ store, sealer }: SealedSource, events: readonly Event[]): Promise<Names> => {
  const targets = events.flatMap((event) => event.targets ?? [])
  const actors = events.flatMap(({ actor }) => (actor?.id.startsWith('sub_') ? [actor.id] : []))
  const userIds = await openNames(store, sealer, [...actors, ...targets.flatMap(({ subject }) => subject ?? [])])
  // A call may have named the person by `_id`; another event then says whose that is.
  const idOf = ({ smoochId, subject = '' }: (typeof targets)[number]): string | undefined => smoochId ?? asId(userIds.get(subject))
  const unnamed = targets.filter(({ subject = '' }) => asId(userIds.get(subject)) !== undefined || !userIds.has(subject))
  const owners = await subjectsOfIds(store, [...new Set(unnamed.flatMap((target) => idOf(target) ?? []))])
  const others = await openNames(store, sealer, [...owners.values()].flat())
  const names = new Map<string, string>()
  const learn = (token: string | undefined, name: string | undefined): void => {
    if (token !== undefined && name !== undefined && asId(name) === undefined) names.set(token, maskName(name))
  }
  for (const actor of actors) learn(actor, userIds.get(actor))
  for (const target of targets) {
    const { subject, smoochId } = target
    const byOthers = (owners.get(idOf(target) ?? '') ?? [])
      .map((owner) => others.get(owner))
      .find((name) => name !== undefined && !asId(name))
    for (const token of [subject, smoochId])
      learn(token, asId(userIds.get(subject ?? '')) ? byOthers : (userIds.get(subject ?? '') ?? byOthers))
  }
  return names
}

const asId = (name: string | undefined): string | undefined => (name !== undefined && looksLikeSmoochId(name) ? name : undefined)

const openNames = async (store: Source, sealer: Sealer, pseudonyms: readonly string[]): Promise<Map<string, string>> => {
  const opened = (await sealedNames(store, [...new Set(pseudonyms)])).flatMap(({ pseudonym, sealed }) => {
    const name = sealer.open(sealed, pseudonym)?.toString()
    return name === undefined ? [] : [[pseudonym, name] as const]
  })
  return new Map(opened)
}
