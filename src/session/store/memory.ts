/** Sessions in this process, for trials and tests; same behaviour as the Redis store (one contract
 * suite), and lost at exit. */
import type { Used } from '../../http/rate-limit.ts'
import type { SessionRef } from '../record.ts'
import { familiesInMemory, type Kept } from './memory-refresh.ts'
import { type Listed, markTtlMs, type PersonFlag, type SessionStore, type StoredSession, type Window } from './session-store.ts'

const sweepEveryMs = 30_000

/** Values that are kept for a time. */
const keptValues = (now: () => number) => {
  const values = new Map<string, { value: string; until: number }>()
  const put = (id: string, value: string, ttlMs: number) => values.set(id, { value, until: now() + ttlMs })
  const get = (id: string): string | undefined => {
    const kept = values.get(id)
    return kept && kept.until > now() ? kept.value : undefined
  }
  const methods = {
    claim: async (tag, name, value, ttlMs) => {
      const old = get(`${tag}:${name}`)
      if (old !== undefined && old !== value) return old
      put(`${tag}:${name}`, value, ttlMs)
      return undefined
    },
    get: async (tag, name) => get(`${tag}:${name}`),
    put: async (tag, name, value, ttlMs) => void put(`${tag}:${name}`, value, ttlMs),
    raise: async (tag, name, value, ttlMs) => {
      const highest = Math.max(value, Number(get(`${tag}:${name}`) ?? 0))
      put(`${tag}:${name}`, String(highest), ttlMs)
    },
  } satisfies Pick<SessionStore, 'claim' | 'get' | 'put' | 'raise'>
  return {
    methods,
    sweep: (at: number): void => {
      for (const [id, kept] of values) if (kept.until <= at) values.delete(id)
    },
  }
}

export const memoryStore = (now: () => number = Date.now): SessionStore => {
  const sessions = new Map<string, Kept>()
  const marks = new Map<string, { values: Map<string, string>; until: number }>()
  const limits = new Map<string, { used: number; until: number }>()
  const lists = new Map<string, Map<string, Listed>>()
  const values = keptValues(now)

  const sweep = () => {
    const at = now()
    values.sweep(at)
    families.sweep(at)
    for (const [name, session] of sessions) if (session.idleUntil <= at) sessions.delete(name)
    for (const [name, mark] of marks) if (mark.until <= at) marks.delete(name)
    for (const [name, used] of limits) if (used.until <= at) limits.delete(name)
    for (const [tag, list] of lists) {
      for (const [sid, listed] of list) if (listed.expiresMs <= at) list.delete(sid)
      if (list.size === 0) lists.delete(tag)
    }
  }
  const timer = setInterval(sweep, sweepEveryMs)
  timer.unref()

  const name = ({ key, tag }: SessionRef) => `${tag}:${key}`
  const marksOf = (tag: string) => marks.get(tag)?.values
  const setMark = (tag: string, mark: string, value: string) => {
    const values = marksOf(tag) ?? new Map<string, string>()
    values.set(mark, value)
    marks.set(tag, { values, until: now() + markTtlMs })
  }
  const numberOf = (tag: string, mark: string) => Number(marksOf(tag)?.get(mark) ?? 0)
  /** Sessions of a person or an app that began by then have ended. */
  const endedBy = (tag: string) => Math.max(numberOf(tag, 'notBefore'), numberOf(tag, 'ahead'))
  /** The latest time at which a session in the list began: later than now when the clock was set back. */
  const latestIn = (tag: string) => Math.max(0, ...[...(lists.get(tag)?.values() ?? [])].map(({ createdMs }) => createdMs))
  /** After all ends of the person and of the app, which keeps the latest beginning, since nothing lists
   * its sessions. */
  const begin = (tag: string, app: string | undefined): number => {
    const ended = Math.max(endedBy(tag), numberOf(tag, 'gone'), app === undefined ? 0 : endedBy(app))
    const createdMs = Math.max(now(), ended + 1)
    if (app !== undefined) setMark(app, 'latest', String(Math.max(createdMs, numberOf(app, 'latest'))))
    return createdMs
  }

  const live = (place: SessionRef): Kept | undefined => {
    const session = sessions.get(name(place))
    return session && session.idleUntil > now() && session.createdMs > endedBy(place.tag) ? session : undefined
  }

  const usedOf = (tag: string, { name, windowMs }: Window): Used => {
    const last = limits.get(`${tag}:${name}`)
    if (!last || last.until <= now()) return { used: 0, leftMs: 0 }
    // Longer than the window: the clock was set back since it began.
    last.until = Math.min(last.until, now() + windowMs)
    return { used: last.used, leftMs: last.until - now() }
  }

  const use = (tag: string, { name, windowMs }: Window): Used => {
    const { used, leftMs } = usedOf(tag, { name, windowMs })
    const next = leftMs > 0 ? { used: used + 1, leftMs } : { used: 1, leftMs: windowMs }
    limits.set(`${tag}:${name}`, { used: next.used, until: now() + next.leftMs })
    return next
  }

  const addToList = (tag: string, listed: Listed) => {
    const list = lists.get(tag) ?? new Map<string, Listed>()
    lists.set(tag, list.set(listed.sid, listed))
  }
  const removeFromList = (tag: string, sid: string) => lists.get(tag)?.delete(sid)

  const families = familiesInMemory({
    now,
    sessions,
    name,
    endedBy,
    begin,
    rolesOf: (tag) => marksOf(tag)?.get('roles'),
    addToList,
    removeFromList,
  })

  return {
    ...families.methods,
    ...values.methods,
    create: async (place, session) => {
      const createdMs = begin(place.tag, session.app)
      const expiresMs = now() + session.absoluteMs
      const idleUntil = Math.min(now() + session.idleMs, expiresMs)
      sessions.set(name(place), { ...session, createdMs, expiresMs, idleUntil, lastMs: createdMs })
      addToList(place.tag, { sid: session.sid, index: session.index, createdMs, expiresMs })
      return { createdMs, expiresMs }
    },
    enter: async (place, { touch, limit, app }): Promise<StoredSession | undefined> => {
      const session = sessions.get(name(place))
      const at = now()
      if (!session || session.idleUntil <= at || session.createdMs <= Math.max(endedBy(place.tag), app === undefined ? 0 : endedBy(app))) {
        sessions.delete(name(place))
        return undefined
      }
      // Nothing has more left than it was given: what has was begun or used while the clock was ahead.
      session.expiresMs = Math.min(session.expiresMs, at + session.absoluteMs)
      const idleUntil = Math.min(at + session.idleMs, session.expiresMs)
      if (touch) Object.assign(session, { idleUntil, lastMs: at })
      else session.idleUntil = Math.min(session.idleUntil, idleUntil)
      const person = marksOf(place.tag)
      return {
        sealed: session.sealed,
        createdMs: session.createdMs,
        expiresMs: session.expiresMs,
        nowMs: at,
        smooch: person?.get('smooch'),
        gone: numberOf(place.tag, 'gone') >= session.createdMs,
        roles: person?.get('roles'),
        used: limit && use(place.tag, limit),
      }
    },
    rotate: async (old, key, session) => {
      const before = live(old) ?? live({ key, tag: old.tag })
      if (!before) return undefined
      const { createdMs } = before
      const expiresMs = Math.min(before.expiresMs, now() + session.absoluteMs)
      const idleUntil = Math.min(now() + session.idleMs, expiresMs)
      sessions.set(name({ key, tag: old.tag }), { ...before, ...session, expiresMs, idleUntil, lastMs: now() })
      sessions.delete(name(old))
      addToList(old.tag, { sid: session.sid, index: session.index, createdMs, expiresMs })
      return { createdMs, expiresMs }
    },
    extra: async (place) => live(place)?.extra || undefined,
    lastSeen: async (tag, records) =>
      records.map(({ key, family }) => (family ? families.lastSeen({ key, tag }) : live({ key, tag })?.lastMs)),
    end: async (place, sid) => {
      const lived = (sessions.get(name(place))?.createdMs ?? 0) > endedBy(place.tag)
      // Without this record, the list entry belongs to the token that replaced it.
      if (sessions.has(name(place))) removeFromList(place.tag, sid)
      return sessions.delete(name(place)) && lived
    },
    endAll: async (tag) => {
      setMark(tag, 'notBefore', String(Math.max(now(), numberOf(tag, 'notBefore'))))
      const ahead = Math.max(latestIn(tag), numberOf(tag, 'latest'))
      if (ahead > now()) setMark(tag, 'ahead', String(ahead))
      lists.delete(tag)
    },
    endedBy: async (tag) => endedBy(tag),
    mark: async (tag, mark, value) => setMark(tag, mark, value),
    markGone: async (tag) => {
      const before = numberOf(tag, 'gone')
      const at = Math.max(now(), before + 1, latestIn(tag))
      setMark(tag, 'gone', String(at))
      return { at, before }
    },
    unmarkGone: async (tag, { at, before }) => {
      if (Number(marksOf(tag)?.get('gone')) !== at) return
      if (before > 0) setMark(tag, 'gone', String(before))
      else marksOf(tag)?.delete('gone')
    },
    logouts: async () => numberOf('logouts', 'heard'),
    addLogout: async () => {
      const heard = numberOf('logouts', 'heard') + 1
      setMark('logouts', 'heard', String(heard))
      return heard
    },
    markSignedOut: async (tag, { heard, saidAt }) => {
      setMark(tag, 'gone', String(now()))
      setMark(tag, 'heard', String(Math.max(heard, numberOf(tag, 'heard'))))
      setMark(tag, 'signedOut', String(Math.max(saidAt, numberOf(tag, 'signedOut'))))
    },
    unmark: async (tag, mark) => {
      marksOf(tag)?.delete(mark)
    },
    readMark: async (tag, mark: PersonFlag) => marksOf(tag)?.get(mark),
    use: async (tag, limit) => use(tag, limit),
    used: async (tag, limit) => usedOf(tag, limit),
    list: async (tag) => [...(lists.get(tag)?.values() ?? [])].filter((listed) => listed.expiresMs > now()),
    addToList: async (tag, listed) => addToList(tag, listed),
    removeFromList: async (tag, sid) => {
      removeFromList(tag, sid)
    },
    now: async () => now(),
    ping: async () => undefined,
    close: () => clearInterval(timer),
  }
}
