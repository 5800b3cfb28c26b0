/** Sessions: made, found in a request, ended. The token finds the record; the record decides. */
import type { IncomingMessage } from 'node:http'
import type { LimitClass } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Limit } from '../http/rate-limit.ts'
import { watchArrival } from '../http/request/body.ts'
import type { Origins } from '../http/request/origins.ts'
import type { CallLimits } from './call-limits.ts'
import type { CsrfClass } from './credentials/csrf.ts'
import { tokenOf, tokenOnPage } from './credentials/headers.ts'
import type { Token } from './credentials/token.ts'
import { createIssue, servicesKey } from './issue.ts'
import type { People } from './people.ts'
import { openRecord, type Person, personKeysOf, type SessionRecord, storeKey } from './record.ts'
import { createReplayGuard } from './replay.ts'
import { isStaffRole, openRoles, type RolesFlag, remainingRoles } from './roles.ts'
import { createServices } from './service-sessions.ts'
import { createSmoochIds } from './smooch-ids.ts'
import type { SessionRef, SessionStore, StoredSession } from './store/session-store.ts'

export interface Session extends SessionRecord {
  readonly place: SessionRef
  /** The app's tag, for the flag that ends all its sessions. */
  readonly appTag: string
  readonly createdMs: number
  readonly expiresMs: number
  readonly smooch: string | undefined
  /** The roles as last changed, when that was after this session began. */
  readonly rolesMark: RolesFlag | undefined
  /** True when it began with a staff role, even if the role was taken since. */
  readonly staff: boolean
  /** True when the whole request had arrived at the look-up: then no second one is needed. */
  readonly afterBody: boolean
}

type Ending = Pick<Session, 'place' | 'sid'> & Partial<Pick<Session, 'family' | 'kind'>>

export interface SessionParts {
  /** By the ids of those that are served. */
  readonly apps: ReadonlyMap<string, unknown>
  readonly store: SessionStore
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly origins: Origins
  readonly limits: CallLimits
  readonly people: People
}

/** A lookup in the cache within the same round trip. */
interface Prefetch<P> {
  /** True when the call reads the user of the person with this tag; nobody else's is prefetched. */
  readonly wants: (tag: string) => boolean
  readonly token: string
  readonly read: (tag: string, answer: readonly string[]) => P
}

interface Requirement<P> {
  readonly limit: LimitClass
  readonly decide: (limit: Limit) => Promise<void>
  /** `api` if absent. */
  readonly csrf?: CsrfClass
  /** Polling by a page: counted, but no activity of the person. */
  readonly idle?: boolean
  readonly prefetch?: Prefetch<P> | undefined
}

interface Lookup<P> {
  readonly session?: Session
  readonly limit?: Limit
  /** Also without a session: its lease must be given back. */
  readonly prefetched?: P | undefined
}

const minute = 60_000

/** Refuses a session of an app that was served before; signing out is possible still. */
export const requireServed = (apps: ReadonlyMap<string, unknown>, { app }: Pick<SessionRecord, 'app'>): void => {
  if (!apps.has(app)) throw new Problem('forbidden', { detail: 'The app of this session is not served here.' })
}

export const createSessions = ({ apps, store, keys, peppers, origins, limits, people }: SessionParts) => {
  const { create, rotate, readExtra } = createIssue({ store, keys, peppers, people })

  /** Flags of the person, which the store answers together with the session. */
  const applyFlags = (tag: string, record: SessionRecord, { smooch, roles }: StoredSession) => {
    const rolesMark = openRoles(peppers, tag, roles)
    return { smooch, rolesMark, roles: remainingRoles(record, rolesMark) }
  }

  /** The session read again; not counted as activity. */
  const reread = ({ place, appTag: app }: Pick<Session, 'place' | 'appTag'>): Promise<StoredSession | undefined> =>
    store.enter(place, { touch: false, app })

  /** The session with its present roles; undefined when it has ended. */
  const reload = async (session: Session): Promise<Session | undefined> => {
    const entered = await reread(session)
    return entered && { ...session, ...applyFlags(session.place.tag, session, entered) }
  }

  const find = async <P>(
    token: Token | undefined,
    options: { touch: boolean; limit?: LimitClass; prefetch?: Prefetch<P> | undefined; arrived?: () => boolean },
  ): Promise<Lookup<P>> => {
    if (!token) return {}
    const place = { key: storeKey(token.jti), tag: token.tag }
    const name = options.limit && (token.kind === 'service' ? 'service' : options.limit)
    const entered: StoredSession | undefined = await store.enter(place, {
      touch: options.touch,
      // Counted by session for programs: two may have the same actor's id.
      limit: name && { name: name === 'service' ? `service:${place.key.slice(0, 22)}` : name, windowMs: minute },
      app: token.app,
      prefetch: options.prefetch?.wants(token.tag) ? options.prefetch.token : undefined,
    })
    const prefetched = entered?.prefetched && options.prefetch?.read(token.tag, entered.prefetched)
    const record = entered && openRecord(peppers, token.jti, token.tag, entered.sealed)
    if (!entered || !record || record.kind !== token.kind) return { prefetched }
    const { createdMs, expiresMs } = entered
    const session: Session = {
      ...record,
      ...applyFlags(token.tag, record, entered),
      place,
      appTag: token.app,
      createdMs,
      expiresMs,
      staff: record.roles.some(isStaffRole),
      afterBody: options.arrived?.() ?? false,
    }
    return name && entered.used
      ? { session, prefetched, limit: { name, max: record.limit ?? limits[name], used: entered.used } }
      : { session, prefetched }
  }

  /** With a staff origin, staff sessions and roles work there only, and others not there; programs
   * work on both. */
  const forStaffOrigin = (request: IncomingMessage, session: Session): Session => {
    const staffOrigin = origins.isStaff(request.headers.host)
    if (session.kind === 'service' || staffOrigin === undefined) return session
    if (staffOrigin === session.staff) return { ...session, roles: session.roles.filter((role) => isStaffRole(role) === staffOrigin) }
    throw new Problem('forbidden', {
      ...origins.refusal(
        'STAFF_ORIGIN decides.',
        staffOrigin ? 'Only staff sessions work on this origin.' : 'Staff sessions work on the staff origin only.',
      ),
    })
  }

  return {
    create,
    rotate,
    ...createServices({ store, peppers }),
    ...createReplayGuard({ store, peppers }),
    ...createSmoochIds({ store, peppers }),

    /** The caller's session, and the prefetched entry, which the caller disposes of. Throws
     * `unauthorized`, `csrf`, `session_store_unavailable`, and what `decide` throws for the limit. */
    require: async <P extends Disposable>(
      request: IncomingMessage,
      wanted: Requirement<P>,
    ): Promise<{ session: Session; prefetched: P | undefined }> => {
      const { limit: name, decide, csrf = 'api', idle = false, prefetch } = wanted
      const token = tokenOf(keys, request, origins, csrf)
      // Settled before Redis can answer. The memory store answers sooner, so its sessions are read
      // again.
      const arrived = watchArrival(request)
      const options = { touch: !idle, limit: name, prefetch, arrived }
      const { session: known, limit, prefetched } = await find(token, options)
      // A refusal gives the lease back.
      using lease = new DisposableStack()
      lease.use(prefetched)
      if (!known) throw new Problem('unauthorized')
      const session = forStaffOrigin(request, known)
      requireServed(apps, session)
      if (limit) await decide(limit)
      lease.move()
      return { session, prefetched }
    },

    /** Counts one use of a person who shows no session. */
    count: async (tag: string, name: LimitClass, decide: (limit: Limit) => Promise<void>): Promise<void> =>
      await decide({ name, max: limits[name], used: await store.use(tag, { name, windowMs: minute }) }),

    /** The caller's session, not counted as activity. */
    current: async (request: IncomingMessage): Promise<Session | undefined> => {
      const { session } = await find(tokenOf(keys, request, origins, 'api'), { touch: false })
      return session && forStaffOrigin(request, session)
    },

    /** The session of a browser that opens a page. CSRF is not checked, so it may grant nothing. */
    currentOnPage: async (request: IncomingMessage): Promise<Session | undefined> =>
      (await find(tokenOnPage(keys, request, origins), { touch: false })).session,

    end: async ({ place, sid, family, kind }: Ending): Promise<boolean> => {
      const lived = await people.endListed({ sid, entry: family === undefined ? place : { key: family, tag: place.tag, family: true } })
      if (kind === 'service') await store.removeFromList(servicesKey, sid)
      return lived
    },

    /** The provider's ID token of the sign-in. */
    idToken: async (session: Session): Promise<string | undefined> => (await readExtra(session.place)).idToken,

    /** Set before a delete or merge is sent: no call provisions the person anew. Gives what takes
     * it back when that is known to have failed. */
    markGone: async (person: Person): Promise<() => Promise<unknown>> => {
      const marked = await Promise.all(personKeysOf(peppers, person).map(async (tag) => ({ tag, mark: await store.markGone(tag) })))
      return () => Promise.all(marked.map(({ tag, mark }) => store.unmarkGone(tag, mark)))
    },
    reload,

    /** The session after a slow body has arrived; throws `unauthorized` when it has ended
     * meanwhile. */
    reloadAfterBody: async (session: Session): Promise<Session> => {
      const now = session.afterBody ? session : await reload(session)
      if (!now) throw new Problem('unauthorized')
      return now
    },

    /** True when the session lives and its person was not deleted or merged away since it began.
     * Always read anew. */
    mayCreate: async (session: Session): Promise<boolean> => {
      const entered = await reread(session)
      return entered !== undefined && !entered.gone
    },

    /** By the clock that marks and lives go by, on whichever replica. */
    now: (): Promise<number> => store.now(),
  }
}

export type Sessions = ReturnType<typeof createSessions>
