/** The sessions of a person: listed and ended without their tokens. */
import { faultIn } from '../contract/field-faults.ts'
import type { Role } from '../contract/operation.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { type Cap, type Held, isWithin } from './caps.ts'
import { providerListsOf } from './provider-sessions.ts'
import { appKeysOf, type IndexEntry, type Person, personKeysOf, type RolesFlag, type SessionRecord } from './record.ts'
import { openRoles, sealRoles } from './roles.ts'
import { openListed } from './seal.ts'
import type { Listed, SessionStore } from './store/session-store.ts'

/** Sessions of one person; a further one ends the oldest. */
const maxSessions = 10

interface Ending {
  readonly sid: string
  readonly entry: Pick<IndexEntry, 'key' | 'tag' | 'family'>
}

export interface LiveSession extends Listed {
  readonly entry: IndexEntry
  readonly lastSeenMs: number
}

export const createPeople = ({ store, peppers }: { store: SessionStore; peppers: KeyRing }) => {
  const opened = (listed: readonly Listed[]) => openListed(peppers, listed)

  /** Oldest first. Sessions that were idle too long, or ended with their whole app, are taken off the
   * list here. */
  const liveSessions = async (tag: string, app: string): Promise<LiveSession[]> => {
    const all = opened(await store.list(tag))
    if (all.length === 0) return []
    const records = all.map(({ entry: { key, family } }) => ({ key, family: family === true }))
    const [lastSeen, ...ended] = await Promise.all([
      store.lastSeen(tag, records),
      ...appKeysOf(peppers, app).map((appTag) => store.endedBy(appTag)),
    ])
    const seen = all.map(({ createdMs }, i) => (createdMs > Math.max(...ended) ? lastSeen[i] : undefined))
    await Promise.all(all.flatMap(({ sid }, i) => (seen[i] === undefined ? [store.removeFromList(tag, sid)] : [])))
    return all.flatMap((it, i) => (seen[i] === undefined ? [] : [{ ...it, lastSeenMs: seen[i] }]))
  }

  const list = async (person: Person): Promise<LiveSession[]> =>
    (await Promise.all(personKeysOf(peppers, person).map((tag) => liveSessions(tag, person.app))))
      .flat()
      .sort((a, b) => a.createdMs - b.createdMs || (a.sid < b.sid ? -1 : 1))

  /** Ends the session by its id, also when its token is replaced at the same moment. */
  const endListed = async ({ sid, entry: { key, tag, family } }: Ending): Promise<boolean> => {
    if (family) return await store.endFamily({ key, tag }, sid)
    if (await store.end({ key, tag }, sid)) return true
    const now = opened(await store.list(tag)).find((it) => it.sid === sid)
    return now !== undefined && now.entry.key !== key && (await store.end({ key: now.entry.key, tag }, sid))
  }

  const lastEndedAt = async (tags: readonly string[]): Promise<number> =>
    Math.max(0, ...(await Promise.all(tags.map(async (tag) => Number((await store.readMark(tag, 'notBefore')) ?? 0)))))

  /** Keys of the actor's id, where it is not the userId: such sessions are listed under both. */
  const actorKeys = ({ app, actor }: Person): string[] =>
    peppers().map((pepper) => keyedName(pepper, 'sessions of an actor', app, actor.id))
  const hasTwoNames = ({ userId, actor }: Person): boolean => userId !== undefined && userId !== actor.id

  /** Sessions with a userId, found by the id of their actor. */
  const underUserIds = async (person: Person): Promise<(Listed & { entry: IndexEntry })[]> => {
    if (person.userId !== undefined) return []
    const all = opened((await Promise.all(actorKeys(person).map((name) => store.list(name)))).flat())
    const [app] = appKeysOf(peppers, person.app)
    const live = await Promise.all(all.map(({ entry }) => store.enter(entry, { touch: false, app })))
    return all.filter((_, at) => live[at])
  }

  /** As last set: under the pepper of then, which may be the newest no more. */
  const rolesMark = async (person: Person): Promise<RolesFlag | undefined> => {
    const tags = personKeysOf(peppers, person)
    const found = await Promise.all(tags.map(async (tag) => openRoles(peppers, tag, await store.readMark(tag, 'roles'))))
    return found
      .filter((mark) => mark !== undefined)
      .reduce<RolesFlag | undefined>((last, mark) => (last && last.at >= mark.at ? last : mark), undefined)
  }

  const held = async (person: Person): Promise<Held[]> => {
    const mark = await rolesMark(person)
    const live = [...(await list(person)), ...(await underUserIds(person))]
    return [...live.map(({ entry }) => entry), ...(mark ? [{ kind: 'bearer' as const, roles: mark.roles }] : [])]
  }

  const endAll = async (person: Person): Promise<void> => {
    const tags = personKeysOf(peppers, person)
    await Promise.all(tags.map((tag) => store.endAll(tag)))
    await Promise.all((await underUserIds(person)).map(endListed))
  }

  return {
    list,
    endListed,

    /** Lists a new session under its provider and actor, and ends the oldest above the maximum. */
    register: async (record: SessionRecord, listed: Listed): Promise<void> => {
      const provided = record.provider ? providerListsOf(peppers, record.provider) : []
      const lists = hasTwoNames(record) ? [...provided, actorKeys(record)[0]!] : provided
      await Promise.all(lists.map((name) => store.addToList(name, listed)))
      if (record.kind === 'service') return
      const interactive = (await list(record)).filter(({ entry }) => entry.kind !== 'service')
      const surplus = Math.max(0, interactive.length - maxSessions)
      // A session of a capped key replaces only sessions that the key could have minted. A new one, which seems the
      // oldest after the clock was set back, replaces another.
      const replaceable = interactive.filter(({ sid, entry }) => sid !== listed.sid && isWithin(record.cap, entry))
      await Promise.all(replaceable.slice(0, surplus).map(endListed))
    },

    /** False when the person has no such session within this cap. */
    endOne: async (person: Person, sid: string, cap?: Cap): Promise<boolean> => {
      const found = (await list(person)).find((it) => it.sid === sid)
      return found !== undefined && isWithin(cap, found.entry) && (await endListed(found))
    },

    /** Ends all sessions that exist now; no token of before is valid again after a later
     * sign-in. */
    endAll,

    /** Ends the sessions that a capped key could have minted; the others stay. */
    endAllWithin: async (cap: Cap, person: Person): Promise<void> => {
      if ((await held(person)).every((it) => isWithin(cap, it))) return await endAll(person)
      await Promise.all((await list(person)).filter(({ entry }) => isWithin(cap, entry)).map(endListed))
    },

    endApp: async (app: string): Promise<void> => {
      await Promise.all(appKeysOf(peppers, app).map((tag) => store.endAll(tag)))
    },

    /** Throws `bad_request` when the sessions of the actor belong to users: their roles are set by
     * userId. */
    setRoles: async (person: Person, roles: readonly Role[]): Promise<void> => {
      if ((await underUserIds(person)).length > 0)
        throw faultIn('body', ['actorId'], 'this actor has sessions with a userId; name the person by that.')
      const at = await store.now()
      await Promise.all(personKeysOf(peppers, person).map((tag) => store.mark(tag, 'roles', sealRoles(peppers, tag, roles, at))))
    },

    /** The kinds and roles that the person has: live sessions, and the roles as last set. */
    held,

    rolesMark,

    /** True when all sessions of the person or of the app were ended at `sinceMs` or later. */
    endedSince: async (person: Person, sinceMs: number): Promise<boolean> => {
      const { app, actor } = person
      const names = [...personKeysOf(peppers, person), ...(hasTwoNames(person) ? personKeysOf(peppers, { app, actor }) : [])]
      return (await lastEndedAt([...names, ...appKeysOf(peppers, app)])) >= sinceMs
    },
  }
}

export type People = ReturnType<typeof createPeople>
