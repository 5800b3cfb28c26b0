/** The sessions of a person as they are listed: found and ended without their tokens. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { appKeysOf, type IndexEntry, type Person, personKeysOf } from './record.ts'
import { openListed } from './seal.ts'
import type { Listed, SessionStore } from './store/session-store.ts'

interface Ending {
  readonly sid: string
  readonly entry: Pick<IndexEntry, 'key' | 'tag' | 'family'>
}

export interface LiveSession extends Listed {
  readonly entry: IndexEntry
  readonly lastSeenMs: number
}

/** True when sessions are listed under the userId and under the actor. */
export const hasTwoNames = ({ userId, actor }: Person): boolean => userId !== undefined && userId !== actor.id

export const createPersonSessions = ({ store, peppers }: { store: SessionStore; peppers: KeyRing }) => {
  const opened = (listed: readonly Listed[]) => openListed(peppers, listed)

  /** Oldest first. Those that idled too long or ended with their app are taken off the list. */
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

  /** Keys of the actor's id, where it is not the userId: such sessions are listed under both. */
  const actorKeys = ({ app, actor }: Person): string[] =>
    peppers().map((pepper) => keyedName(pepper, 'sessions of an actor', app, actor.id))

  /** Sessions with a userId, found by the id of their actor. */
  const underUserIds = async (person: Person): Promise<(Listed & { entry: IndexEntry })[]> => {
    if (person.userId !== undefined) return []
    const all = opened((await Promise.all(actorKeys(person).map((name) => store.list(name)))).flat())
    const [app] = appKeysOf(peppers, person.app)
    const live = await Promise.all(all.map(({ entry }) => store.enter(entry, { touch: false, app })))
    return all.filter((_, at) => live[at])
  }

  return { list, underUserIds, actorKeys, endListed }
}
