/** Refresh families in this process; same behaviour as in Redis (one contract suite). */

import type { SessionRef } from '../record.ts'
import { type Access, type FamilyStore, overlapMs } from './family-store.ts'
import type { Listed, NewSession } from './session-store.ts'

/** A session, an access session too. */
export interface SessionInMemory extends NewSession {
  readonly createdMs: number
  expiresMs: number
  idleUntil: number
  lastMs: number
}

interface Family {
  readonly sid: string
  readonly sealed: string
  readonly idleMs: number
  readonly absoluteMs: number
  readonly createdMs: number
  expiresMs: number
  idleUntil: number
  lastMs: number
  token: string
  access: string
  /** Those that may still live. */
  before: readonly string[]
  readonly used: Map<string, { at: number; next: string; accessExpiresMs: number }>
}

interface Parts {
  readonly now: () => number
  readonly sessions: Map<string, SessionInMemory>
  readonly name: (place: SessionRef) => string
  readonly endedBy: (tag: string) => number
  readonly begin: (tag: string, app: string | undefined) => number
  readonly rolesOf: (tag: string) => string | undefined
  readonly addToList: (tag: string, listed: Listed) => void
  readonly removeFromList: (tag: string, sid: string) => void
}

export const familiesInMemory = ({ now, sessions, name, endedBy, begin, rolesOf, addToList, removeFromList }: Parts) => {
  const families = new Map<string, Family>()

  const live = (place: SessionRef): Family | undefined => {
    const family = families.get(name(place))
    return family && family.idleUntil > now() && family.createdMs > endedBy(place.tag) ? family : undefined
  }
  const open = ({ tag }: SessionRef, sid: string, { key, sealed, lifeMs }: Access, createdMs: number, familyMs: number): number => {
    const expiresMs = Math.min(now() + lifeMs, familyMs)
    const times = { createdMs, expiresMs, idleUntil: expiresMs, lastMs: now() }
    sessions.set(name({ key, tag }), { sid, sealed, index: '', idleMs: lifeMs, absoluteMs: lifeMs, ...times })
    return expiresMs
  }
  const shorten = ({ tag }: SessionRef, key: string) => {
    const session = sessions.get(name({ key, tag }))
    if (!session) return
    session.expiresMs = Math.min(session.expiresMs, now() + overlapMs)
    session.idleUntil = Math.min(session.idleUntil, session.expiresMs)
  }
  const end = (place: SessionRef, family: Family): void => {
    for (const key of [family.access, ...family.before]) sessions.delete(name({ key, tag: place.tag }))
    families.delete(name(place))
    removeFromList(place.tag, family.sid)
  }

  const methods: FamilyStore = {
    createFamily: async (place, { sid, sealed, index, idleMs, absoluteMs, token, access, app }) => {
      const createdMs = begin(place.tag, app)
      const expiresMs = now() + absoluteMs
      const idleUntil = Math.min(now() + idleMs, expiresMs)
      const times = { createdMs, expiresMs, idleUntil, lastMs: createdMs }
      families.set(name(place), { sid, sealed, idleMs, absoluteMs, ...times, token, access: access.key, before: [], used: new Map() })
      addToList(place.tag, { sid, index, createdMs, expiresMs })
      return { createdMs, expiresMs, accessExpiresMs: open(place, sid, access, createdMs, expiresMs), nowMs: now() }
    },
    readFamily: async (place, app) => {
      const family = live(place)
      if (!family || (app !== undefined && family.createdMs <= endedBy(app))) return undefined
      return { sealed: family.sealed, roles: rolesOf(place.tag) }
    },
    refresh: async (place, { token, next, access, graceMs }) => {
      const family = live(place)
      if (!family) return { outcome: 'over' }
      family.expiresMs = Math.min(family.expiresMs, now() + family.absoluteMs)
      const { createdMs, expiresMs } = family
      const used = family.used.get(token)
      if (family.token === token) {
        for (const [old, { at }] of family.used) if (now() - at > graceMs) family.used.delete(old)
        shorten(place, family.access)
        const accessExpiresMs = open(place, family.sid, access, createdMs, expiresMs)
        family.used.set(token, { at: now(), next, accessExpiresMs })
        const idleUntil = Math.min(now() + family.idleMs, expiresMs)
        const before = [family.access, ...family.before.filter((key) => sessions.has(name({ key, tag: place.tag })))]
        Object.assign(family, { token: next, before, access: access.key, lastMs: now(), idleUntil })
        return { outcome: 'new', next, createdMs, expiresMs, accessExpiresMs, nowMs: now() }
      }
      // Later than now: the clock was set back.
      if (used && Math.abs(now() - used.at) <= graceMs) {
        return { outcome: 'same', next: used.next, createdMs, expiresMs, accessExpiresMs: used.accessExpiresMs, nowMs: now() }
      }
      end(place, family)
      return { outcome: 'reused' }
    },
    endFamily: async (place, sid) => {
      const family = families.get(name(place))
      const lived = live(place) !== undefined
      removeFromList(place.tag, sid)
      if (family) end(place, family)
      return lived
    },
  }

  return {
    methods,
    lastSeen: (place: SessionRef) => live(place)?.lastMs,
    sweep: (at: number) => {
      for (const [id, family] of families) if (family.idleUntil <= at) families.delete(id)
    },
  }
}
