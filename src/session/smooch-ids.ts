/** The smoochIds of people with sessions, taken from the vendor's answers: the `_id` of a person,
 * and the person of an `_id`. */
import { looksLikeSmoochId } from '../contract/ids.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { type Person, personKeysOf, type Session } from './record.ts'
import { openFor, sealFor } from './seal.ts'
import { markTtlMs, type SessionStore } from './store/session-store.ts'

const purpose = 'person of a smoochId'

export const createSmoochIds = ({ store, peppers }: { store: SessionStore; peppers: KeyRing }) => {
  const namesOf = (app: string, smoochId: string): [string, ...string[]] =>
    peppers().map((pepper) => keyedName(pepper, 'smooch', app, smoochId)) as [string, ...string[]]

  /** Stores under the name of the smoochId who has it, for longer than any session lives. */
  const keep = async (person: Person, name: string, smoochId: string | undefined): Promise<void> => {
    const tags = personKeysOf(peppers, person)
    const now = Date.now()
    const entry = {
      sid: tags[0],
      index: sealFor(peppers, purpose, name, { userId: person.userId, smoochId }),
      createdMs: now,
      expiresMs: now + markTtlMs,
    }
    await store.addToList(name, entry)
    await Promise.all(tags.map((tag) => store.mark(tag, 'smooch', name)))
  }

  /** People who were answered with this smoochId. Entries of before hold the userId alone. */
  const kept = async (name: string): Promise<{ sid: string; userId: string; smoochId?: string | undefined }[]> =>
    (await store.list(name)).flatMap(({ sid, index }) => {
      const found = openFor(peppers, purpose, name, index) as string | { userId?: string; smoochId?: string } | undefined
      const { userId, smoochId } = typeof found === 'string' ? { userId: found } : (found ?? {})
      return userId === undefined ? [] : [{ sid, userId, smoochId }]
    })

  /** The name of the smoochId in the person's last answer, under any live pepper. */
  const nameOf = async (person: Person): Promise<string | undefined> =>
    (await Promise.all(personKeysOf(peppers, person).map((tag) => store.readMark(tag, 'smooch')))).find((name) => name !== undefined)

  /** The smoochId of the person's last answer, when it is known. */
  const smoochIdOf = async (person: Person): Promise<string | undefined> => {
    const tags = personKeysOf(peppers, person)
    const name = await nameOf(person)
    return name === undefined ? undefined : (await kept(name)).find(({ sid }) => tags.includes(sid))?.smoochId
  }

  const forget = async (person: Person): Promise<void> => {
    const tags = personKeysOf(peppers, person)
    for (const tag of tags) {
      const name = await store.readMark(tag, 'smooch')
      await store.unmark(tag, 'smooch')
      if (name !== undefined) await Promise.all(tags.map((sid) => store.removeFromList(name, sid)))
    }
  }

  return {
    /** True when the id is the userId or the smoochId of the session's own user. */
    isSelf: (session: Session, id: string): boolean =>
      session.userId !== undefined &&
      (id === session.userId || (session.smooch !== undefined && namesOf(session.app, id).includes(session.smooch))),

    /** Remembers the smoochId of a person; not of another shape: that may be somebody's userId. */
    rememberSmoochId: async (person: Person, smoochId: string, known?: string): Promise<void> => {
      if (!looksLikeSmoochId(smoochId)) return
      const [name] = namesOf(person.app, smoochId)
      if (name !== known) await keep(person, name, smoochId)
    },

    /** Prolongs what is known of a person for a new session's length; false when nothing is. */
    renew: async (person: Person): Promise<boolean> => {
      const smoochId = await smoochIdOf(person)
      if (smoochId !== undefined) await keep(person, namesOf(person.app, smoochId)[0], smoochId)
      return smoochId !== undefined
    },

    /** The userIds of people with this smoochId who may have sessions. */
    whose: async (app: string, smoochId: string): Promise<string[]> => {
      const people = await Promise.all(namesOf(app, smoochId).map(kept))
      return [...new Set(people.flat().map(({ userId }) => userId))]
    },

    smoochIdOf,

    /** True when the person's last answer had another smoochId: a new user under an old userId. */
    isSomebodyNew: async (person: Person, smoochId: string): Promise<boolean> => {
      const name = await nameOf(person)
      return name !== undefined && !namesOf(person.app, smoochId).includes(name)
    },

    /** Forgets the smoochId: the next user of this name is a new one. */
    forget,

    /** Ends all sessions that the person has now, and forgets the smoochId. */
    endPerson: async (person: Person): Promise<void> => {
      await Promise.all(personKeysOf(peppers, person).map((tag) => store.endAll(tag)))
      await forget(person)
    },
  }
}
