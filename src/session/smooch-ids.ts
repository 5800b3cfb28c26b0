/** The smoochIds of people who have sessions, learnt from the vendor's answers: from the person to the `_id`, and from the `_id` to the person without a read. */
import { looksLikeSmoochId } from '../ids.ts'
import { keyedName, type Ring } from './keys.ts'
import { reachable } from './reachable.ts'
import { openFor, type Person, sealFor, tagsOf } from './record.ts'
import type { Session } from './sessions.ts'
import { markTtlMs, type SessionStore } from './store.ts'

const purpose = 'person of a smoochId'

export const createSmoochIds = ({ store, peppers }: { store: SessionStore; peppers: Ring }) => {
  const namesOf = (app: string, smoochId: string): [string, ...string[]] =>
    peppers().map(({ secret }) => keyedName(secret, 'smooch', app, smoochId)) as [string, ...string[]]

  /** Under the name of the smoochId lies who has it, for longer than any session of that person lives. */
  const keep = async (person: Person, name: string): Promise<void> => {
    const tags = tagsOf(peppers, person)
    const now = Date.now()
    const entry = {
      sid: tags[0],
      index: sealFor(peppers, purpose, name, person.userId),
      createdMs: now,
      expiresMs: now + markTtlMs,
    }
    await reachable(store.addToList(name, entry))
    await Promise.all(tags.map((tag) => reachable(store.mark(tag, 'smooch', name))))
  }

  const forget = async (person: Person): Promise<void> => {
    const tags = tagsOf(peppers, person)
    for (const tag of tags) {
      const name = await reachable(store.readMark(tag, 'smooch'))
      await reachable(store.unmark(tag, 'smooch'))
      if (name !== undefined) await Promise.all(tags.map((sid) => reachable(store.removeFromList(name, sid))))
    }
  }

  return {
    /** True when the id names the session's own app user, under either of its names. */
    isSelf: (session: Session, id: string): boolean =>
      session.userId !== undefined &&
      (id === session.userId || (session.smooch !== undefined && namesOf(session.app, id).includes(session.smooch))),

    /** Remembers the smoochId of a person, so that it is accepted as the person's own, and the person is found by it. What has not the vendor's shape may be somebody's userId. */
    learn: async (person: Person, smoochId: string, known?: string): Promise<void> => {
      if (!looksLikeSmoochId(smoochId)) return
      const [name] = namesOf(person.app, smoochId)
      if (name !== known) await keep(person, name)
    },

    /** For a new session: what is known of the person is kept as long as it may live. False when nothing is. */
    renew: async (person: Person): Promise<boolean> => {
      const name = await reachable(store.readMark(tagsOf(peppers, person)[0], 'smooch'))
      if (name !== undefined) await keep(person, name)
      return name !== undefined
    },

    /** The userIds under which people with this smoochId have, or may have, sessions. */
    whose: async (app: string, smoochId: string): Promise<string[]> => {
      const names = namesOf(app, smoochId)
      const listed = await Promise.all(names.map((name) => reachable(store.list(name))))
      return [...new Set(listed.flatMap((list, at) => list.map(({ index }) => openFor(peppers, purpose, names[at]!, index))))].filter(
        (userId) => typeof userId === 'string',
      )
    },

    /** True when the person was last answered under another smoochId: somebody new under an old name. */
    isSomebodyNew: async (person: Person, smoochId: string): Promise<boolean> => {
      const name = await reachable(store.readMark(tagsOf(peppers, person)[0], 'smooch'))
      return name !== undefined && !namesOf(person.app, smoochId).includes(name)
    },

    /** Who comes back under this name has to be met anew. */
    forget,

    /** Ends all sessions that the person has now, and forgets the smoochId: who comes back under this name is somebody new. */
    endPerson: async (person: Person): Promise<void> => {
      await Promise.all(tagsOf(peppers, person).map((tag) => reachable(store.endAll(tag))))
      await forget(person)
    },
  }
}
