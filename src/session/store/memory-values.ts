/** What the store in memory keeps beside sessions: values and counts for a time, marks, lists. */
import type { Used } from '../../http/rate-limit.ts'
import { type Listed, latestMs, markTtlMs, type SessionStore, type Window } from './session-store.ts'

/** Values that are kept for a time. */
export const valuesInMemory = (now: () => number) => {
  const values = new Map<string, { value: string; until: number }>()
  const put = (id: string, value: string, ttlMs: number) => values.set(id, { value, until: now() + ttlMs })
  const get = (id: string): string | undefined => {
    const kept = values.get(id)
    return kept && kept.until > now() ? kept.value : undefined
  }
  const isFree = (value: string | undefined): boolean => value === undefined || value.startsWith('!')
  const methods = {
    claim: async (tag, name, value, ttlMs) => {
      const old = get(`${tag}:${name}`)
      if (old === `!${value}` || (!isFree(old) && old !== value)) return old
      put(`${tag}:${name}`, value, ttlMs)
      return undefined
    },
    get: async (tag, name) => {
      const value = get(`${tag}:${name}`)
      return isFree(value) ? undefined : value
    },
    unclaim: async (tag, name, value) => {
      const old = get(`${tag}:${name}`)
      if (old === value) values.delete(`${tag}:${name}`)
      else if (old === undefined) put(`${tag}:${name}`, `!${value}`, latestMs)
    },
    put: async (tag, name, value, ttlMs) => void put(`${tag}:${name}`, value, ttlMs),
    raise: async (tag, name, value, ttlMs) => {
      const highest = Math.max(value, Number(get(`${tag}:${name}`) ?? 0))
      put(`${tag}:${name}`, String(highest), ttlMs)
    },
  } satisfies Pick<SessionStore, 'claim' | 'get' | 'unclaim' | 'put' | 'raise'>
  return {
    methods,
    sweep: (at: number): void => {
      for (const [id, kept] of values) if (kept.until <= at) values.delete(id)
    },
  }
}

/** Uses within a window. */
export const countsInMemory = (now: () => number) => {
  const counts = new Map<string, { used: number; until: number }>()
  const usedOf = (tag: string, { name, windowMs }: Window): Used => {
    const last = counts.get(`${tag}:${name}`)
    if (!last || last.until <= now()) return { used: 0, leftMs: 0 }
    // Longer than the window: the clock was set back since it began.
    last.until = Math.min(last.until, now() + windowMs)
    return { used: last.used, leftMs: last.until - now() }
  }
  const use = (tag: string, { name, windowMs }: Window): Used => {
    const { used, leftMs } = usedOf(tag, { name, windowMs })
    const next = leftMs > 0 ? { used: used + 1, leftMs } : { used: 1, leftMs: windowMs }
    counts.set(`${tag}:${name}`, { used: next.used, until: now() + next.leftMs })
    return next
  }
  const methods = {
    use: async (tag, limit) => use(tag, limit),
    used: async (tag, limit) => usedOf(tag, limit),
  } satisfies Pick<SessionStore, 'use' | 'used'>
  return {
    methods,
    use,
    sweep: (at: number): void => {
      for (const [name, used] of counts) if (used.until <= at) counts.delete(name)
    },
  }
}

/** Marks of persons, apps and logouts. */
export const marksInMemory = (now: () => number) => {
  const marks = new Map<string, { values: Map<string, string>; until: number }>()
  const of = (tag: string) => marks.get(tag)?.values
  const set = (tag: string, mark: string, value: string | number): void => {
    const values = of(tag) ?? new Map<string, string>()
    values.set(mark, String(value))
    marks.set(tag, { values, until: now() + markTtlMs })
  }
  const numberOf = (tag: string, mark: string): number => Number(of(tag)?.get(mark) ?? 0)
  const methods = {
    mark: async (tag, mark, value) => set(tag, mark, value),
    unmark: async (tag, mark) => void of(tag)?.delete(mark),
    readMark: async (tag, mark) => of(tag)?.get(mark),
    logouts: async () => numberOf('logouts', 'heard'),
    addLogout: async () => {
      const heard = numberOf('logouts', 'heard') + 1
      set('logouts', 'heard', heard)
      return heard
    },
    markSignedOut: async (tag, { heard, saidAt }) => {
      set(tag, 'gone', now())
      set(tag, 'heard', Math.max(heard, numberOf(tag, 'heard')))
      set(tag, 'signedOut', Math.max(saidAt, numberOf(tag, 'signedOut')))
    },
  } satisfies Pick<SessionStore, 'mark' | 'unmark' | 'readMark' | 'logouts' | 'addLogout' | 'markSignedOut'>
  return {
    methods,
    of,
    set,
    numberOf,
    sweep: (at: number): void => {
      for (const [name, mark] of marks) if (mark.until <= at) marks.delete(name)
    },
  }
}

/** Sessions as they are listed under a tag. */
export const listsInMemory = (now: () => number) => {
  const lists = new Map<string, Map<string, Listed>>()
  const itemsOf = (tag: string): Listed[] => [...(lists.get(tag)?.values() ?? [])]
  const add = (tag: string, listed: Listed): void => {
    const list = lists.get(tag) ?? new Map<string, Listed>()
    lists.set(tag, list.set(listed.sid, listed))
  }
  const remove = (tag: string, sid: string): void => void lists.get(tag)?.delete(sid)
  const methods = {
    list: async (tag) => itemsOf(tag).filter((listed) => listed.expiresMs > now()),
    addToList: async (tag, listed) => add(tag, listed),
    removeFromList: async (tag, sid) => remove(tag, sid),
  } satisfies Pick<SessionStore, 'list' | 'addToList' | 'removeFromList'>
  return {
    methods,
    add,
    remove,
    clear: (tag: string): void => void lists.delete(tag),
    /** The latest beginning in the list: later than now when the clock was set back. */
    latestIn: (tag: string): number => Math.max(0, ...itemsOf(tag).map(({ createdMs }) => createdMs)),
    sweep: (at: number): void => {
      for (const [tag, list] of lists) {
        for (const [sid, listed] of list) if (listed.expiresMs <= at) list.delete(sid)
        if (list.size === 0) lists.delete(tag)
      }
    },
  }
}
