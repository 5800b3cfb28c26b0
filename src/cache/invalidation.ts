/** Invalidation before and after each change of a user, under every name, whatever the outcome. */
import { returnsUser } from '../contract/answers.ts'
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { BodyOf, Identified } from '../contract/schemas.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Alarm } from '../platform/alarms.ts'
import { randomBytes } from '../platform/random.ts'
import type { AnyCall, UpstreamAnswer } from '../upstream/call.ts'
import type { Upstream } from '../upstream/client.ts'
import type { Entries, User } from './entry.ts'
import { aliasTo, cacheKeysOf, lastAliased, type Name, nameOf, namesOf } from './keys.ts'
import { createPersonInvalidation, type PersonNames, type WrittenEntry } from './person-invalidation.ts'
import type { CacheStore, Invalidate } from './store/cache-store.ts'

interface InvalidationParts {
  readonly store: CacheStore
  readonly peppers: KeyRing
  readonly entries: Entries
  /** The store also holds the sessions: without it nothing may change. Otherwise changes go on, and
   * invalidation is made up for later. */
  readonly strict: boolean
  readonly alarm: Alarm
}

/** A person that a call is about, by the id it was given. */
interface Person {
  readonly id: string
  readonly removed: boolean
}

// Longer than any write may take: a process that dies during one leaves no entry of that time.
const writeMs = 20_000
/** As long as a deletion takes at the vendor, or a call of unknown outcome may take effect. */
const tombstoneMs = 60_000

export const createInvalidation = ({ store, peppers, entries, strict, alarm }: InvalidationParts) => {
  const { invalidate, close } = createPersonInvalidation({ store, peppers })

  /** False when it comes late: it may follow later writes, so no writer counts as alone. */
  const before = async (app: string, named: PersonNames, how: Pick<Invalidate, 'writeToken' | 'agedMs'>): Promise<boolean> => {
    try {
      await invalidate(app, named, { blockMs: writeMs, ...how })
      return true
    } catch (cause) {
      if (strict) throw new Problem('session_store_unavailable', { cause, outcome: 'not_sent', headers: { 'Retry-After': '1' } })
      alarm('cache_not_invalidated', { when: 'before the change, which goes on', cause })
      return false
    }
  }

  /** Never throws, since the vendor has answered: the block set before holds meanwhile. */
  const after = async (app: string, named: PersonNames, how: Invalidate, written?: WrittenEntry): Promise<void> => {
    try {
      await invalidate(app, named, how, written)
    } catch (cause) {
      alarm('cache_not_invalidated', { when: 'after the change; tried again', cause })
    }
  }

  const tombstoneOf = (app: string, id: string): string => {
    const smooch = namesOf(id).find(({ kind }) => kind === 'smooch')
    return smooch ? cacheKeysOf(peppers, app, smooch)[0] : '?'
  }

  /** The write-through entry: the answer of an update is what the next reader would fetch. */
  const writeThroughOf = (app: string, { operation }: AnyCall, id: string, body: unknown, writeToken: string): WrittenEntry | undefined => {
    if (operation.effect !== 'write' || !returnsUser(operation)) return undefined
    const name = nameOf(id)
    const [key] = cacheKeysOf(peppers, app, name)
    const made = entries.toEntry(key, app, name, entries.of(body as User))
    if (!made) return undefined
    const { here: _, there, ...kept } = made
    return { key, entry: { ...kept, writeToken, alias: aliasTo(peppers, key, app, there) } }
  }

  /** The other name too, when it is remembered: it is invalidated in the same round trip, not only
   * once its alias was read. */
  const likelyNamesOf = (app: string, id: string): Name[] => {
    const names = namesOf(id)
    return [...names, ...names.flatMap((name) => lastAliased(peppers, cacheKeysOf(peppers, app, name)[0]) ?? [])]
  }

  /** After a plain write the entry stays for when the vendor fails, until the write is known to be
   * made; after a guarded call, which may have removed the user, it does not. */
  const keptBy = ({ effect }: Operation): Pick<Invalidate, 'agedMs'> => (effect === 'write' ? { agedMs: entries.life.revalidateMs } : {})

  /** Invalidates before the call and after it, according to the outcome. */
  const around = async (app: string, call: AnyCall, send: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> => {
    const persons = personsOf(call)
    const writeToken = randomBytes(9).toString('base64url')
    const names = new Map(persons.map(({ id }) => [id, likelyNamesOf(app, id)]))
    const kept = keptBy(call.operation)
    const known = await Promise.all(persons.map(({ id }) => before(app, { names: names.get(id)! }, { writeToken, ...kept })))
    let ending: (person: Person) => Invalidate = () => ({ blockMs: tombstoneMs, tombstone: '?', ...kept })
    let answer: UpstreamAnswer | undefined
    try {
      answer = await send()
      ending = ({ id, removed }) => (removed ? { blockMs: tombstoneMs, tombstone: tombstoneOf(app, id) } : { blockMs: 0 })
      return answer
    } catch (error) {
      if (error instanceof Problem && error.particulars.outcome !== 'unknown') ending = () => ({ blockMs: 0, ...kept })
      throw error
    } finally {
      const both = answer && bothNames(call.operation, answer.body)
      const written = ({ id }: Person) =>
        answer && !known.includes(false) ? writeThroughOf(app, call, id, answer.body, writeToken) : undefined
      await Promise.all(persons.map((person) => after(app, { names: names.get(person.id)!, both }, ending(person), written(person))))
    }
  }

  /** The same upstream, with invalidation around each call that changes a user. */
  const invalidating = (upstream: Upstream): Upstream => ({
    ...upstream,
    call: (app, call) =>
      call.operation.cache === 'invalidate' ? around(app.appId, call, () => upstream.call(app, call)) : upstream.call(app, call),
    callGuarded: (app, permit, call) => around(app.appId, call, () => upstream.callGuarded(app, permit, call)),
  })

  return {
    invalidating,
    /** For the vendor's webhooks. `final`: the person whom the vendor says to be gone, whose
     * tombstone ends. Rejects when the store is away. */
    invalidate: (app: string, named: PersonNames, final?: string): Promise<void> =>
      invalidate(app, named, { blockMs: 0, ...(final !== undefined && { final: tombstoneOf(app, final) }) }),
    close,
  }
}

export type Invalidation = ReturnType<typeof createInvalidation>

/** Both persons of a merge count as removed: its end is asynchronous for either. */
const personsOf = ({ operation, params, body }: AnyCall): Person[] => {
  if (operation.subject === 'both') {
    const { surviving, discarded } = body as BodyOf<'AppUserMerge'>
    return [surviving._id, discarded._id].map((id) => ({ id, removed: true }))
  }
  const id = operation.subject === 'body' ? (body as BodyOf<'AppUserPreCreate'>).userId : params?.['userId']
  return id === undefined ? [] : [{ id, removed: operation.removes !== undefined }]
}

const bothNames = (operation: Operation, body: unknown): PersonNames['both'] => {
  if (!returnsUser(operation)) return undefined
  const { _id, userId } = (body as Identified).appUser
  return bothOf(_id, userId)
}

/** The two names of one person, when both are known for certain. */
export const bothOf = (smoochId: string, userId: string | null | undefined): PersonNames['both'] =>
  typeof userId !== 'string'
    ? undefined
    : [
        { kind: 'smooch', id: smoochId },
        { kind: 'user', id: userId },
      ]
