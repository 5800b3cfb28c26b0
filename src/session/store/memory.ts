/** Sessions in this process, for trials and tests; same behaviour as the Redis store (one contract
 * suite), and lost at exit. */
import type { SessionRef } from '../record.ts'
import { familiesInMemory, type SessionInMemory } from './memory-refresh.ts'
import { countsInMemory, listsInMemory, marksInMemory, valuesInMemory } from './memory-values.ts'
import type { SessionStore, StoredSession } from './session-store.ts'

const sweepEveryMs = 30_000

export const memoryStore = (now: () => number = Date.now): SessionStore => {
  const sessions = new Map<string, SessionInMemory>()
  const marks = marksInMemory(now)
  const lists = listsInMemory(now)
  const counts = countsInMemory(now)
  const values = valuesInMemory(now)
  const { numberOf } = marks
  /** Of removals under way by person: what each set, and what stood before. */
  const removals = new Map<string, Map<string, number>>()

  const sweep = () => {
    const at = now()
    for (const kept of [values, counts, marks, lists, families]) kept.sweep(at)
    for (const [name, session] of sessions) if (session.idleUntil <= at) sessions.delete(name)
  }
  const timer = setInterval(sweep, sweepEveryMs)
  timer.unref()

  const name = ({ key, tag }: SessionRef) => `${tag}:${key}`
  /** Sessions of a person or an app that began by then have ended. */
  const endedBy = (tag: string) => Math.max(numberOf(tag, 'notBefore'), numberOf(tag, 'ahead'))
  /** After all ends of the person and of the app, which keeps the latest beginning. */
  const begin = (tag: string, app: string | undefined): number => {
    const ended = Math.max(endedBy(tag), numberOf(tag, 'gone'), app === undefined ? 0 : endedBy(app))
    const createdMs = Math.max(now(), ended + 1)
    if (app !== undefined) marks.set(app, 'latest', Math.max(createdMs, numberOf(app, 'latest')))
    return createdMs
  }

  const live = (place: SessionRef): SessionInMemory | undefined => {
    const session = sessions.get(name(place))
    return session && session.idleUntil > now() && session.createdMs > endedBy(place.tag) ? session : undefined
  }

  const families = familiesInMemory({
    now,
    sessions,
    name,
    endedBy,
    begin,
    rolesOf: (tag) => marks.of(tag)?.get('roles'),
    addToList: lists.add,
    removeFromList: lists.remove,
  })

  return {
    ...families.methods,
    ...values.methods,
    ...counts.methods,
    ...marks.methods,
    ...lists.methods,
    create: async (place, session) => {
      const createdMs = begin(place.tag, session.app)
      const expiresMs = now() + session.absoluteMs
      const idleUntil = Math.min(now() + session.idleMs, expiresMs)
      sessions.set(name(place), { ...session, createdMs, expiresMs, idleUntil, lastMs: createdMs })
      lists.add(place.tag, { sid: session.sid, index: session.index, createdMs, expiresMs })
      return { createdMs, expiresMs }
    },
    enter: async (place, { touch, limit, app }): Promise<StoredSession | undefined> => {
      const session = sessions.get(name(place))
      const at = now()
      if (!session || session.idleUntil <= at || session.createdMs <= Math.max(endedBy(place.tag), app === undefined ? 0 : endedBy(app))) {
        sessions.delete(name(place))
        return undefined
      }
      // Has more left than it was given if it was begun or used while the clock was ahead.
      session.expiresMs = Math.min(session.expiresMs, at + session.absoluteMs)
      const idleUntil = Math.min(at + session.idleMs, session.expiresMs)
      if (touch) Object.assign(session, { idleUntil, lastMs: at })
      else session.idleUntil = Math.min(session.idleUntil, idleUntil)
      const person = marks.of(place.tag)
      return {
        sealed: session.sealed,
        createdMs: session.createdMs,
        expiresMs: session.expiresMs,
        nowMs: at,
        smooch: person?.get('smooch'),
        gone: numberOf(place.tag, 'gone') >= session.createdMs,
        roles: person?.get('roles'),
        used: limit && counts.use(place.tag, limit),
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
      lists.add(old.tag, { sid: session.sid, index: session.index, createdMs, expiresMs })
      return { createdMs, expiresMs }
    },
    extra: async (place) => live(place)?.extra || undefined,
    lastSeen: async (tag, records) =>
      records.map(({ key, family }) => (family ? families.lastSeen({ key, tag }) : live({ key, tag })?.lastMs)),
    end: async (place, sid) => {
      const lived = (sessions.get(name(place))?.createdMs ?? 0) > endedBy(place.tag)
      // Without this record, the list entry belongs to the token that replaced it.
      if (sessions.has(name(place))) lists.remove(place.tag, sid)
      return sessions.delete(name(place)) && lived
    },
    endAll: async (tag) => {
      marks.set(tag, 'notBefore', Math.max(now(), numberOf(tag, 'notBefore')))
      const ahead = Math.max(lists.latestIn(tag), numberOf(tag, 'latest'))
      if (ahead > now()) marks.set(tag, 'ahead', ahead)
      lists.clear(tag)
      removals.delete(tag)
    },
    endedBy: async (tag) => endedBy(tag),
    markGone: async (tag, removal) => {
      if (removals.get(tag)?.get(removal) === 0) return
      const before = numberOf(tag, 'gone')
      const at = Math.max(now(), before + 1, lists.latestIn(tag))
      removals.set(tag, (removals.get(tag) ?? new Map([['before', before]])).set(removal, at))
      marks.set(tag, 'gone', at)
    },
    unmarkGone: async (tag, removal) => {
      const before = numberOf(tag, 'gone')
      const all = removals.get(tag) ?? new Map([['before', before]])
      if (!all.get(removal)) return void removals.set(tag, all.set(removal, 0))
      all.delete(removal)
      const last = Math.max(...all.values())
      if (last > 0) marks.set(tag, 'gone', last)
      else marks.of(tag)?.delete('gone')
      if (all.size === 1) removals.delete(tag)
    },
    now: async () => now(),
    ping: async () => undefined,
    close: () => clearInterval(timer),
  }
}
