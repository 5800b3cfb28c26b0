/** The look-up of a request's session. The token finds the record; the record decides. One round
 * trip to the store also counts the call, and may bring the cache's answer along. */
import type { IncomingMessage } from 'node:http'
import type { Settings } from '../../config/load.ts'
import type { LimitClass } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Limit } from '../http/rate-limit.ts'
import { watchArrival } from '../http/request/body.ts'
import type { Origins } from '../http/request/origins.ts'
import type { CsrfClass } from './credentials/csrf.ts'
import { tokenOf, tokenOnPage } from './credentials/headers.ts'
import type { Token } from './credentials/token.ts'
import { type Session, type SessionRecord, storeKey } from './record.ts'
import { isStaffRole, openRoles, remainingRoles } from './roles.ts'
import { openRecord } from './seal.ts'
import type { SessionStore, StoredSession } from './store/session-store.ts'

/** Calls per minute for each class; `service` counts all calls of a service session. */
type CallLimits = Readonly<Record<LimitClass | 'service', number>>

export const callLimits = (settings: Settings): CallLimits => ({
  reads: settings.LIMIT_READS,
  writes: settings.LIMIT_WRITES,
  guarded: settings.LIMIT_GUARDED,
  images: settings.LIMIT_IMAGES,
  codes: settings.LIMIT_CODES,
  links: settings.LIMIT_LINKS,
  service: settings.LIMIT_SERVICE,
})

export interface LookupParts {
  /** By the ids of those that are served. */
  readonly apps: ReadonlyMap<string, unknown>
  readonly store: SessionStore
  readonly keys: KeyRing
  readonly peppers: KeyRing
  readonly origins: Origins
  readonly limits: CallLimits
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

/** The session as the store has it now, with its present roles. */
export const withMarks = <S extends SessionRecord>(
  peppers: KeyRing,
  tag: string,
  session: S,
  { smooch, roles, nowMs: foundMs }: StoredSession,
) => {
  const rolesMark = openRoles(peppers, tag, roles)
  return { ...session, smooch, rolesMark, foundMs, roles: remainingRoles(session, rolesMark) }
}

export const createSessionLookup = ({ apps, store, keys, peppers, origins, limits }: LookupParts) => {
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
      ...withMarks(peppers, token.tag, record, entered),
      record,
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

  /** With a staff origin, staff's sessions and roles work there alone; programs work on both. */
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
    /** The caller's session, and the prefetched entry, which the caller disposes of. Throws
     * `unauthorized`, `csrf`, `session_store_unavailable`, and the throws of `decide`. */
    require: async <P extends Disposable>(
      request: IncomingMessage,
      wanted: Requirement<P>,
    ): Promise<{ session: Session; prefetched: P | undefined }> => {
      const { limit: name, decide, csrf = 'api', idle = false, prefetch } = wanted
      const token = tokenOf(keys, request, origins, csrf)
      // Settled before Redis can answer. The memory store is sooner: its sessions are read again.
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

    /** The caller's session as it is now; asking is no activity. */
    current: async (request: IncomingMessage, csrf: 'api' | 'checked' = 'api'): Promise<Session | undefined> => {
      const { session } = await find(tokenOf(keys, request, origins, csrf), { touch: false })
      return session && forStaffOrigin(request, session)
    },

    /** The session of a browser that opens a page. CSRF is not checked, so it may grant nothing. */
    currentOnPage: async (request: IncomingMessage): Promise<Session | undefined> =>
      (await find(tokenOnPage(keys, request, origins), { touch: false })).session,
  }
}
