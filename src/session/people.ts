/** People: their sessions registered and ended, their roles. */
import { faultIn } from '../contract/field-faults.ts'
import type { Role } from '../contract/operation.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { type Cap, type Held, isWithin } from './caps.ts'
import { createPersonSessions, hasTwoNames } from './person-sessions.ts'
import { providerListsOf } from './provider-sessions.ts'
import { appKeysOf, type Person, personKeysOf, type RolesMark, type SessionRecord } from './record.ts'
import { openRoles, sealRoles } from './roles.ts'
import type { Listed, SessionStore } from './store/session-store.ts'

/** Sessions of one person; a further one ends the oldest. */
const maxSessions = 10

export const createPeople = ({ store, peppers }: { store: SessionStore; peppers: KeyRing }) => {
  const { list, underUserIds, actorKeys, endListed } = createPersonSessions({ store, peppers })

  const lastEndedAt = async (tags: readonly string[]): Promise<number> =>
    Math.max(0, ...(await Promise.all(tags.map(async (tag) => Number((await store.readMark(tag, 'notBefore')) ?? 0)))))

  /** As last set: under the pepper of then, which may be the newest no more. */
  const rolesMark = async (person: Person): Promise<RolesMark | undefined> => {
    const tags = personKeysOf(peppers, person)
    const found = await Promise.all(tags.map(async (tag) => openRoles(peppers, tag, await store.readMark(tag, 'roles'))))
    return found
      .filter((mark) => mark !== undefined)
      .reduce<RolesMark | undefined>((last, mark) => (last && last.at >= mark.at ? last : mark), undefined)
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
      // A session of a capped key replaces only sessions that the key could have minted. A new one,
      // which seems the oldest after the clock was set back, replaces another.
      const replaceable = interactive.filter(({ sid, entry }) => sid !== listed.sid && isWithin(record.cap, entry))
      await Promise.all(replaceable.slice(0, surplus).map(endListed))
    },

    /** False when the person has no such session within this cap. */
    endOne: async (person: Person, sid: string, cap?: Cap): Promise<boolean> => {
      const found = (await list(person)).find((it) => it.sid === sid)
      return found !== undefined && isWithin(cap, found.entry) && (await endListed(found))
    },

    /** Ends all sessions that exist now; no token of before is valid after a later sign-in. */
    endAll,

    /** Ends the sessions that a capped key could have minted; the others stay. */
    endAllWithin: async (cap: Cap, person: Person): Promise<void> => {
      if ((await held(person)).every((it) => isWithin(cap, it))) return await endAll(person)
      await Promise.all((await list(person)).filter(({ entry }) => isWithin(cap, entry)).map(endListed))
    },

    endApp: async (app: string): Promise<void> => {
      await Promise.all(appKeysOf(peppers, app).map((tag) => store.endAll(tag)))
    },

    /** Throws `bad_request` when the actor's sessions belong to users: theirs are set by userId. */
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
