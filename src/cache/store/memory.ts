/** The cache in this process, under the same contract suite as Redis, by a clock that nobody can
 * set. Bounded: the entries stored longest ago go first. */
import { times } from '../lifetimes.ts'
import type { Alias, CacheStore, LookupResult } from './cache-store.ts'

interface Entry {
  sealed?: string
  storedMs: number
  freshUntil: number
  keptUntil: number
  generation?: string | undefined
  lease?: { holder: string; until: number } | undefined
}

interface Mark {
  alias?: Alias
  noAliasUntil: number
  blockedUntil: number
  tombstone?: string | undefined
  writeToken?: string | undefined
  keptUntil: number
}

const sweepEveryMs = 30_000

export const memoryCache = (maxEntries = 10_000, now: () => number = () => performance.now()): CacheStore => {
  const entries = new Map<string, Entry>()
  const marks = new Map<string, Mark>()

  const entryOf = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    return entry && entry.keptUntil > now() ? entry : undefined
  }
  const putEntry = (key: string, entry: Entry): void => {
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value!)
  }
  const markOf = (key: string): Mark => {
    const mark = marks.get(key)
    return mark && mark.keptUntil > now() ? mark : { noAliasUntil: 0, blockedUntil: 0, keptUntil: 0 }
  }
  const putMark = (key: string, mark: Mark, ms: number): void => {
    marks.set(key, { ...mark, keptUntil: Math.max(mark.keptUntil, now() + ms) })
    if (marks.size > maxEntries * 4) evictAliases()
  }
  /** Aliases go only with every entry that may need one, and with the tokens of writers. */
  const evictAliases = (): void => {
    entries.clear()
    for (const [key, { alias: _, writeToken: __, ...mark }] of marks) {
      if (Math.max(mark.noAliasUntil, mark.blockedUntil) > now()) marks.set(key, mark)
      else marks.delete(key)
    }
  }
  const sweep = (): void => {
    for (const [key, { keptUntil }] of entries) if (keptUntil <= now()) entries.delete(key)
    for (const [key, { keptUntil }] of marks) if (keptUntil <= now()) marks.delete(key)
  }
  const timer = setInterval(sweep, sweepEveryMs)
  timer.unref()

  const lookup = (key: string, token: string): LookupResult => {
    const at = now()
    const entry = entryOf(key)
    const ageMs = entry?.sealed === undefined ? 0 : at - entry.storedMs
    if (entry?.sealed !== undefined && entry.freshUntil > at)
      return { state: 'fresh', sealed: entry.sealed, ageMs, leftMs: entry.freshUntil - at }
    const old = { ...(entry?.sealed !== undefined && { sealed: entry.sealed }), ageMs }
    if (markOf(key).blockedUntil > at) return { state: 'blocked', ...(old.sealed !== undefined && old) }
    if (entry?.lease && entry.lease.until > at && entry.lease.holder !== token)
      return { state: 'held', holder: entry.lease.holder, leftMs: entry.lease.until - at, ...old }
    const generation = entry?.generation ?? token
    const kept = entry ?? { storedMs: 0, freshUntil: 0, keptUntil: 0 }
    putEntry(key, {
      ...kept,
      generation,
      lease: { holder: token, until: at + times.leaseMs },
      keptUntil: Math.max(kept.keptUntil, at + times.fillMs),
    })
    return { state: 'granted', generation, atMs: at, ...old }
  }

  return {
    lookup: async (key, token) => lookup(key, token),
    store: async (key, { generation, atMs, sealed, freshMs, keepMs, alias }) => {
      const at = now()
      const mark = markOf(key)
      if (entryOf(key)?.generation !== generation || at - atMs > times.fillMs || mark.blockedUntil > at) return false
      putEntry(key, { sealed, storedMs: at, freshUntil: at + freshMs, keptUntil: at + keepMs })
      if (alias && (mark.alias?.name === alias.name || mark.noAliasUntil <= at)) putMark(key, { ...mark, alias }, times.aliasMs)
      return true
    },
    alias: async (key, alias) => {
      const at = now()
      const mark = markOf(key)
      if (mark.blockedUntil > at || (mark.alias?.name !== alias.name && mark.noAliasUntil > at)) return false
      putMark(key, { ...mark, alias }, times.aliasMs)
      return true
    },
    invalidate: async (key, { blockMs, tombstone, final, alias, writeToken, agedMs }) => {
      const at = now()
      const { sealed, storedMs, keptUntil } = entryOf(key) ?? {}
      if (agedMs === undefined || sealed === undefined) entries.delete(key)
      else putEntry(key, { sealed, storedMs: Math.min(storedMs!, at - agedMs), freshUntil: 0, keptUntil: keptUntil! })
      const old = markOf(key)
      const mark = { ...old, ...(alias ? { alias, noAliasUntil: 0 } : { noAliasUntil: at + times.unaliasedMs }) }
      mark.writeToken = old.blockedUntil > at ? undefined : writeToken
      if (final !== undefined && mark.tombstone === final) Object.assign(mark, { tombstone: undefined, blockedUntil: 0 })
      if (mark.blockedUntil <= at) mark.tombstone = undefined
      if (blockMs > 0) mark.blockedUntil = Math.max(mark.blockedUntil, at + blockMs)
      else if (mark.tombstone === undefined) mark.blockedUntil = 0
      if (tombstone !== undefined) mark.tombstone = tombstone
      putMark(key, mark, Math.max(alias ? times.aliasMs : times.unaliasedMs, blockMs))
      const unknown = old.alias?.name !== alias?.name && old.noAliasUntil > at
      const contended = alias !== undefined && (unknown || (mark.tombstone !== undefined && mark.blockedUntil > at))
      return { contended, ...(old.alias && { alias: old.alias.sealed }) }
    },
    writeThrough: async (key, { writeToken, sealed, freshMs, keepMs, alias }) => {
      const at = now()
      const mark = markOf(key)
      if (mark.writeToken !== writeToken || mark.blockedUntil <= at || mark.tombstone !== undefined) return false
      putEntry(key, { sealed, storedMs: at, freshUntil: at + freshMs, keptUntil: at + keepMs })
      putMark(key, { ...mark, alias, noAliasUntil: 0, blockedUntil: 0, writeToken: undefined }, times.aliasMs)
      return true
    },
    release: async (key, token) => {
      const entry = entryOf(key)
      if (entry?.lease?.holder === token) entry.lease = undefined
    },
    close: () => clearInterval(timer),
  }
}
