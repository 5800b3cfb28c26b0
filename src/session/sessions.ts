/** Sessions: made, found in a request, read again, ended. */
import { Problem } from '../contract/problems.ts'
import { randomBytes } from '../platform/random.ts'
import { createIssue, servicesKey } from './issue.ts'
import { createSessionLookup, type LookupParts, withMarks } from './lookup.ts'
import type { People } from './people.ts'
import { type Person, personKeysOf, type Session } from './record.ts'
import { createServices } from './service-sessions.ts'
import { createSmoochIds } from './smooch-ids.ts'
import type { StoredSession } from './store/session-store.ts'

type Ending = Pick<Session, 'place' | 'sid'> & Partial<Pick<Session, 'family' | 'kind'>>

interface SessionParts extends LookupParts {
  readonly people: People
}

export const createSessions = (parts: SessionParts) => {
  const { store, peppers, people } = parts
  const { create, rotate, readExtra } = createIssue(parts)

  /** The session read again; not counted as activity. */
  const reread = ({ place, appTag: app }: Pick<Session, 'place' | 'appTag'>): Promise<StoredSession | undefined> =>
    store.enter(place, { touch: false, app })

  /** The session with its present roles; undefined when it has ended. */
  const reload = async (session: Session): Promise<Session | undefined> => {
    const entered = await reread(session)
    return entered && withMarks(peppers, session.place.tag, session, entered)
  }

  return {
    ...createSessionLookup(parts),
    ...createServices(parts),
    ...createSmoochIds(parts),
    create,
    rotate,

    end: async ({ place, sid, family, kind }: Ending): Promise<boolean> => {
      const lived = await people.endListed({ sid, entry: family === undefined ? place : { key: family, tag: place.tag, family: true } })
      if (kind === 'service') await store.removeFromList(servicesKey, sid)
      return lived
    },

    /** The provider's ID token of the sign-in. */
    idToken: async (session: Session): Promise<string | undefined> => (await readExtra(session.place)).idToken,

    /** Set before a delete or merge is sent: no call provisions the persons anew. `takeBack`: after
     * a known failure, or after `failure` to set all, of which any may be set. */
    markGone: async (persons: readonly Person[]) => {
      const tags = persons.flatMap((person) => personKeysOf(peppers, person))
      const removal = randomBytes(9).toString('base64url')
      const marked = await Promise.allSettled(tags.map((tag) => store.markGone(tag, removal)))
      return {
        failure: marked.find((it) => it.status === 'rejected')?.reason as unknown,
        takeBack: () => Promise.all(tags.map((tag) => store.unmarkGone(tag, removal))),
      }
    },
    reload,

    /** The session after a slow body; throws `unauthorized` when it has ended meanwhile. */
    reloadAfterBody: async (session: Session): Promise<Session> => {
      const now = session.afterBody ? session : await reload(session)
      if (!now) throw new Problem('unauthorized')
      return now
    },

    /** True while the session lives and its person was not removed since it began. Read anew. */
    mayCreate: async (session: Session): Promise<boolean> => {
      const entered = await reread(session)
      return entered !== undefined && !entered.gone
    },

    /** By the clock that marks and lives go by, on whichever replica. */
    now: (): Promise<number> => store.now(),
  }
}

export type Sessions = ReturnType<typeof createSessions>
