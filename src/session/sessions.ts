/** Sessions: made, found in a request, ended. The token finds the record; the record decides. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Origins } from '../http/origins.ts'
import type { LimitClass } from '../operation.ts'
import { Problem } from '../problems.ts'
import { cookieName, readCookie } from './cookie.ts'
import { type CsrfClass, requireSameOrigin } from './csrf.ts'
import { keyedName, type Ring } from './keys.ts'
import {
  type IndexEntry,
  openIndex,
  openRecord,
  type Person,
  type SessionRecord,
  sealIndex,
  sealRecord,
  storeKey,
  tagsOf,
} from './record.ts'
import type { Copy, Entered, Listed, Place, SessionStore, Used } from './store.ts'
import { type Kind, signToken, type Token, verifyToken } from './token.ts'

export interface Session extends SessionRecord {
  readonly place: Place
  readonly createdMs: number
  readonly expiresMs: number
  readonly smooch: string | undefined
  /** The person's user from the cache, when it was asked for and is there. */
  readonly copy?: Copy | undefined
}

export interface Limit {
  readonly name: string
  readonly max: number
  readonly used: Used
}

export interface SessionParts {
  readonly store: SessionStore
  readonly keys: Ring
  readonly peppers: Ring
  readonly origins: Origins
  /** Uses per minute for each class; `service` counts all calls of a service session. */
  readonly limits: Readonly<Record<LimitClass | 'service', number>>
}

export interface Created {
  readonly token: string
  readonly sessionId: string
  /** ISO 8601. */
  readonly expiresAt: string
}

export interface Lifetime {
  readonly idleMs: number
  readonly absoluteMs: number
}

/** Whether the call reads the user of the person with this tag: then the copy comes along. Nobody else's ever does. */
type Peek = (tag: string) => boolean

/** The tag under which service sessions are listed. */
const services = 'services'
const minute = 60_000

/** A store that does not answer is never a reason to say 401: nobody is signed out by an outage. */
const reachable = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (cause) {
    throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '1' } })
  }
}

export const createSessions = ({ store, keys, peppers, origins, limits }: SessionParts) => {
  const create = async (record: Omit<SessionRecord, 'sid'>, { idleMs, absoluteMs }: Lifetime): Promise<Created> => {
    const sid = `s_${randomBytes(12).toString('base64url')}`
    const jti = randomBytes(32).toString('base64url')
    const [tag] = tagsOf(peppers, record)
    const place = { key: storeKey(jti), tag }
    const full: SessionRecord = { ...record, sid }
    const entry: IndexEntry = {
      ...place,
      app: record.app,
      kind: record.kind,
      actor: record.actor.name ?? record.actor.id,
      roles: record.roles,
    }
    const index = sealIndex(peppers, sid, entry).toString('base64')
    const sealed = sealRecord(peppers, jti, tag, full).toString('base64')
    const times = await reachable(store.create(place, { sid, sealed, index, idleMs, absoluteMs }))
    if (record.kind === 'service') await reachable(store.addToList(services, { sid, index, ...times }))
    const token: Token = {
      jti,
      kind: record.kind,
      tag,
      scope: record.scope,
      ...(record.scope === 'appUser' && record.userId !== undefined ? { userId: record.userId } : {}),
      exp: Math.ceil(times.expiresMs / 1000),
    }
    return { token: signToken(keys, token), sessionId: sid, expiresAt: new Date(times.expiresMs).toISOString() }
  }

  /** The token that the request carries and how; undefined when it carries none. CSRF is checked before anything is looked up. */
  const credential = (request: IncomingMessage, csrf: CsrfClass): { text: string; kinds: readonly Kind[] } | undefined => {
    const cookie = readCookie(request.headers.cookie, cookieName(origins.secure()))
    const [scheme = '', bearer = ''] = request.headers.authorization?.split(' ') ?? []
    const isBearer = scheme.toLowerCase() === 'bearer'
    if (cookie !== undefined && isBearer) throw new Problem('ambiguous_credentials')
    if (cookie !== undefined) {
      requireSameOrigin(request, origins, csrf)
      return { text: cookie, kinds: ['cookie'] }
    }
    return isBearer ? { text: bearer, kinds: ['bearer', 'service'] } : undefined
  }

  const find = async (
    text: string,
    kinds: readonly Kind[],
    options: { touch: boolean; limit?: LimitClass; peek?: Peek | undefined },
  ): Promise<{ session: Session; limit?: Limit } | undefined> => {
    const token = verifyToken(keys, text, Date.now())
    if (!token || !kinds.includes(token.kind)) return undefined
    const place = { key: storeKey(token.jti), tag: token.tag }
    const name = options.limit && (token.kind === 'service' ? 'service' : options.limit)
    const entered: Entered | undefined = await reachable(
      store.enter(place, { touch: options.touch, limit: name && { name, windowMs: minute }, peek: options.peek?.(token.tag) }),
    )
    const record = entered && openRecord(peppers, token.jti, token.tag, Buffer.from(entered.sealed, 'base64'))
    if (!entered || !record || record.kind !== token.kind) return undefined
    const { createdMs, expiresMs, smooch, copy } = entered
    const session: Session = { ...record, place, createdMs, expiresMs, smooch, copy }
    return name && entered.used ? { session, limit: { name, max: record.limit ?? limits[name], used: entered.used } } : { session }
  }

  return {
    create,
    cookieName: cookieName(origins.secure()),

    /** The caller's session, or a Problem: `unauthorized`, `csrf`, `too_many_requests`, `session_store_unavailable`. `counted` hears of the limit in any case. */
    require: async (
      request: IncomingMessage,
      limit: LimitClass,
      csrf: CsrfClass,
      counted: (limit: Limit) => void,
      peek?: Peek,
    ): Promise<Session> => {
      const found = credential(request, csrf)
      const entered = found && (await find(found.text, found.kinds, { touch: true, limit, peek }))
      if (!entered) throw new Problem('unauthorized')
      if (entered.limit) {
        counted(entered.limit)
        const { used, leftMs } = entered.limit.used
        if (used > entered.limit.max)
          throw new Problem('too_many_requests', { headers: { 'Retry-After': String(Math.ceil(leftMs / 1000)) } })
      }
      return entered.session
    },

    /** Who the caller is, without counting as activity. */
    peek: async (request: IncomingMessage): Promise<Session | undefined> => {
      const found = credential(request, 'api')
      return found && (await find(found.text, found.kinds, { touch: false }))?.session
    },

    end: (session: Session): Promise<boolean> => reachable(store.end(session.place, session.sid)),

    /** Ends all sessions that the person has now, and forgets the smoochId: who comes back under this name is somebody new. */
    endPerson: async (person: Person): Promise<void> => {
      await Promise.all(tagsOf(peppers, person).flatMap((tag) => [reachable(store.endAll(tag)), reachable(store.unmark(tag, 'smooch'))]))
    },

    /** True when the id names the session's own app user, under either of its names. */
    isSelf: (session: Session, id: string): boolean =>
      session.userId !== undefined &&
      (id === session.userId ||
        (session.smooch !== undefined && peppers().some(({ secret }) => keyedName(secret, 'smooch', session.app, id) === session.smooch))),

    /** Remembers the smoochId of a person, so that it is accepted as the person's own. */
    learn: async (person: Person, smoochId: string, known?: string): Promise<void> => {
      const name = keyedName(peppers()[0].secret, 'smooch', person.app, smoochId)
      if (name !== known) await Promise.all(tagsOf(peppers, person).map((tag) => reachable(store.mark(tag, 'smooch', name))))
    },

    knows: async (person: Person): Promise<boolean> =>
      (await reachable(store.readMark(tagsOf(peppers, person)[0], 'smooch'))) !== undefined,

    /** From before a delete or merge is sent until it is known to have failed: the person is not created anew by itself. */
    markGone: async (person: Person): Promise<void> => {
      await Promise.all(tagsOf(peppers, person).map((tag) => reachable(store.markGone(tag))))
    },
    unmarkGone: async (person: Person): Promise<void> => {
      await Promise.all(tagsOf(peppers, person).map((tag) => reachable(store.unmark(tag, 'gone'))))
    },
    /** True when the session still lives and its person was not deleted or merged away since it began. Asked afresh. */
    mayCreate: async (session: Session): Promise<boolean> => {
      const entered = await reachable(store.enter(session.place, { touch: false }))
      return entered !== undefined && !entered.gone
    },

    listServices: async (): Promise<(Listed & { entry: IndexEntry })[]> =>
      (await reachable(store.list(services))).flatMap((listed) => {
        const entry = openIndex(peppers, listed.sid, Buffer.from(listed.index, 'base64'))
        return entry ? [{ ...listed, entry }] : []
      }),

    endService: async (sid: string): Promise<boolean> => {
      const listed = (await reachable(store.list(services))).find((it) => it.sid === sid)
      const entry = listed && openIndex(peppers, sid, Buffer.from(listed.index, 'base64'))
      if (!entry) return false
      await reachable(store.end({ key: entry.key, tag: entry.tag }, sid))
      await reachable(store.removeFromList(services, sid))
      return true
    },

    /** Counts a failure by address; throws when there were too many. */
    countFailure: async (address: string, max: number): Promise<void> => {
      const { used, leftMs } = await reachable(
        store.use(keyedName(peppers()[0].secret, 'address', address), { name: 'failures', windowMs: minute }),
      )
      if (used > max) throw new Problem('too_many_requests', { headers: { 'Retry-After': String(Math.ceil(leftMs / 1000)) } })
    },

    ping: (): Promise<void> => reachable(store.ping()),
    close: (): void => store.close(),
  }
}

export type Sessions = ReturnType<typeof createSessions>
