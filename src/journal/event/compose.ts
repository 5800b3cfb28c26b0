/** Events from the facts of a call: pseudonyms, digests of bodies, personal data sealed. */

import { networkOf } from '../../platform/ip-address.ts'
import { type ActorFacts, type Event, newId, type Target } from './event.ts'
import { lifetimes } from './lifetimes.ts'
import type { Part, Sealer, Subject } from './seal.ts'

interface ActorParticulars {
  readonly type: ActorFacts['type']
  readonly name?: string
  readonly email?: string
  readonly roles?: readonly string[]
  readonly auth?: NonNullable<ActorFacts['auth']>
  /** Name of a person, of whatever kind; the journal holds a pseudonym. */
  readonly onBehalfOf?: string | null
}

/** Staff and programs by an id that is unique within the issuer; end users, whom the journal names
 * by pseudonym, by userId. */
type Actor = ActorParticulars &
  ({ readonly id: string; readonly userId?: undefined } | { readonly userId: string; readonly id?: undefined })

export interface Person {
  readonly role: Target['role']
  readonly userId?: string
  readonly smoochId?: string
}

/** Facts of a request that its event states. */
export interface CallFacts {
  /** Id of the operation. */
  readonly action: string
  /** Id of the app. */
  readonly tenant: string
  readonly actor: Actor
  readonly targets: readonly Person[]
  readonly reason?: { readonly code?: string; readonly ticket?: string; readonly note?: string }
  readonly changed?: readonly string[]
  readonly before?: Before
  readonly policy?: Readonly<Record<string, string>>
  /** The request as sent. Its path has the `_id`, or is a template; `personal` has the real one. */
  readonly request?: {
    readonly method: string
    readonly path: string
    readonly body?: string | Uint8Array | null
    /** The caller's request while the path is not known: it tells a repeat from another request. */
    readonly facts?: string
  }
  readonly context?: Readonly<Record<string, string>> & { readonly ip?: string; readonly userAgent?: string }
  /** Further erasable data. */
  readonly personal?: Readonly<Record<string, unknown>>
}

export interface ComposedEvent {
  readonly event: Omit<Event, 'kind' | 'operation'>
  readonly parts: Part[]
  readonly subjects: Subject[]
}

export const digestOf = (sealer: Sealer, { method, path, facts = path, body }: NonNullable<CallFacts['request']>): string =>
  sealer.digest(method, facts, body ?? '')

/** Time of the event, and the ids it gets. */
export interface Moment {
  readonly id: string
  readonly at: Date
}

export const momentOf = (at: Date): Moment => ({ id: newId('evt'), at })

/** One object per person for all events of a batch. */
export interface PseudonymousPerson {
  readonly userId: string
  readonly pseudonym: string
  /** Present for a person new to the store: stored with the first of its events. */
  subject?: Subject | undefined
}

export function compose(sealer: Sealer, facts: CallFacts, { id, at }: Moment, people: readonly PseudonymousPerson[]): ComposedEvent {
  const { actor, targets, reason, context: { ip, userAgent, ...context } = {} } = facts
  const pseudonym = (userId: string): string => people.find((it) => it.userId === userId)!.pseudonym
  // Only actor and targets, by whom an erasure finds the part: another's name would stay.
  const erasable = [actor.userId, ...targets.map(({ userId }) => userId)]
  const named = Object.fromEntries(people.filter((it) => erasable.includes(it.userId)).map((it) => [it.pseudonym, it.userId]))
  const personal = { actor: { name: actor.name, email: actor.email }, people: named, ip, userAgent, note: reason?.note, ...facts.personal }
  const sealed = sealer.part(id, 'person', personal, at.getTime() + lifetimes.person)
  return {
    parts: [sealed.row],
    subjects: people.flatMap(({ subject }) => subject ?? []),
    event: {
      v: 1,
      id,
      time: at.toISOString(),
      action: facts.action,
      tenant: facts.tenant,
      actor: {
        type: actor.type,
        id: actor.id ?? pseudonym(actor.userId),
        ...(actor.roles && { roles: actor.roles }),
        ...(actor.auth && { auth: actor.auth }),
        onBehalfOf: typeof actor.onBehalfOf === 'string' ? pseudonym(actor.onBehalfOf) : null,
      },
      targets: targets.map(({ role, userId, smoochId }) => ({
        role,
        type: 'appuser',
        ...(userId !== undefined && { subject: pseudonym(userId) }),
        ...(smoochId !== undefined && { smoochId }),
      })),
      ...(reason && {
        reason: {
          ...(reason.code !== undefined && { code: reason.code }),
          ...(reason.ticket !== undefined && { ticket: reason.ticket }),
          ...(reason.note !== undefined && { note: 'sealed' as const }),
        },
      }),
      ...(facts.changed && { changed: facts.changed }),
      ...(facts.policy && { policy: facts.policy }),
      ...(facts.request && {
        request: { method: facts.request.method, path: facts.request.path, digest: digestOf(sealer, facts.request) },
      }),
      context: {
        ...context,
        ...(ip !== undefined && { ipNet: networkOf(ip) }),
        ...(userAgent !== undefined && { ua: sealer.agent(userAgent) }),
      },
      sealed: sealed.commitment,
    },
  }
}

/** As read before the call; `after`: the image is `{ before, after }`, the values of an update. */
export type Before =
  | { readonly state: 'captured'; readonly image: unknown; readonly fields: readonly string[]; readonly after?: true }
  | { readonly state: 'unavailable' }

/** What stood there before a call, sealed for its event and bound to it. */
export const sealBefore = (sealer: Sealer, { id, time }: Pick<Event, 'id' | 'time'>, before: Before | undefined) => {
  if (!before) return { facts: {}, parts: [] }
  if (before.state === 'unavailable') return { facts: { before }, parts: [] }
  const { state, fields, after, image } = before
  const shown = { state, fields, ...(after && { after }) }
  const until = Date.parse(time) + lifetimes.before
  const { row, commitment } = sealer.part(id, 'before', image, until)
  return { facts: { before: { ...shown, commitment, until: new Date(until).toISOString().slice(0, 10) } }, parts: [row] }
}
