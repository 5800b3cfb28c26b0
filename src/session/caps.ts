/** The cap of a service key: the roles that bound which sessions it mints, sees, ends and sets. */
import type { Role } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { Person, SessionRecord } from './record.ts'

/** The roles a key may give; undefined: all. For programs `service` must be among them too. */
export type Cap = readonly Role[] | undefined

export type Held = Pick<SessionRecord, 'kind' | 'roles'>

export const isWithin = (cap: Cap, { kind, roles }: Held): boolean =>
  cap === undefined || (roles.every((role) => cap.includes(role)) && (kind !== 'service' || cap.includes('service')))

/** Throws `forbidden` for a role, or a kind of session, beyond the cap. */
export const requireWithin = (cap: Cap, { kind, roles }: { readonly kind?: Held['kind']; readonly roles: readonly Role[] }): void => {
  const beyond = cap && roles.find((role) => !cap.includes(role))
  if (beyond) throw new Problem('forbidden', { detail: `This service key may not give the role ${beyond}.` })
  if (kind === 'service' && !isWithin(cap, { kind, roles }))
    throw new Problem('forbidden', { detail: 'This service key may not mint sessions of programs: its cap does not hold service.' })
}

interface Holders {
  /** The kinds and roles that the person has. */
  readonly held: (person: Person) => Promise<readonly Held[]>
}

/** Throws `forbidden` when the person, if nameable by the key, holds a role beyond the cap. */
export const requirePersonWithin = async (people: Holders, cap: Cap, person: Person): Promise<void> => {
  if (cap === undefined) return
  const nameable = person.userId !== undefined || cap.some((role) => role !== 'user')
  if (!nameable || !(await people.held(person)).every((held) => isWithin(cap, held)))
    throw new Problem('forbidden', { detail: 'This service key may not do this to somebody with roles beyond its cap.' })
}

/** Throws `forbidden` unless the key has no cap. */
export const requireUncapped = (cap: Cap): void => {
  if (cap !== undefined) throw new Problem('forbidden', { detail: 'Only a service key without a cap may do this to everyone.' })
}
