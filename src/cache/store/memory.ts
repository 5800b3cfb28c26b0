/** The cache in this process: says the same as the one in Redis (one contract suite). Bounded: the copies used longest ago go first. */
import { type CacheStore, type Link, type Looked, times } from './contract.ts'

interface Copy {
  sealed?: string
  storedMs: number
  freshUntil: number
  keptUntil: number
  generation?: string | undefined
  lease?: { by: string; until: number } | undefined
}

interface Mark {
  link?: Link
  noLinkUntil: number
  blockedUntil: number
  tombstone?: string | undefined
  writer?: string | undefined
  keptUntil: number
}

const sweepEveryMs = 30_000

export const memoryCache = (most = 10_000, now: () => number = Date.now): CacheStore => {
  const copies = new Map<string, Copy>()
  const marks = new Map<string, Mark>()

  const copyOf = (cell: string): Copy | undefined => {
    const copy = copies.get(cell)
    return copy && copy.keptUntil > now() ? copy : undefined
  }
  const keep = (cell: string, copy: Copy): void => {
    copies.delete(cell)
    copies.set(cell, copy)
    if (copies.size > most) copies.delete(copies.keys().next().value!)
  }
  const markOf = (cell: string): Mark => {
    const mark = marks.get(cell)
    return mark && mark.keptUntil > now() ? mark : { noLinkUntil: 0, blockedUntil: 0, keptUntil: 0 }
  }
  const keepMark = (cell: string, mark: Mark, ms: number): void => {
    marks.set(cell, { ...mark, keptUntil: Math.max(mark.keptUntil, now() + ms) })
    if (marks.size > most * 4) forgetLinks()
  }
  /** Links go only together with every copy that might need one, and with the right to renew one. */
  const forgetLinks = (): void => {
    copies.clear()
    for (const [cell, { link: _, writer: __, ...mark }] of marks) {
      if (Math.max(mark.noLinkUntil, mark.blockedUntil) > now()) marks.set(cell, mark)
      else marks.delete(cell)
    }
  }
  const sweep = (): void => {
    for (const [cell, { keptUntil }] of copies) if (keptUntil <= now()) copies.delete(cell)
    for (const [cell, { keptUntil }] of marks) if (keptUntil <= now()) marks.delete(cell)
  }
  const timer = setInterval(sweep, sweepEveryMs)
  timer.unref()

  const look = (cell: string, token: string): Looked => {
    const at = now()
    const copy = copyOf(cell)
    const ageMs = copy?.sealed === undefined ? 0 : at - copy.storedMs
    if (copy?.sealed !== undefined && copy.freshUntil > at)
      return { state: 'fresh', sealed: copy.sealed, ageMs, leftMs: copy.freshUntil - at }
    if (markOf(cell).blockedUntil > at) return { state: 'blocked' }
    const old = { ...(copy?.sealed !== undefined && { sealed: copy.sealed }), ageMs }
    if (copy?.lease && copy.lease.until > at) return { state: 'led', by: copy.lease.by, leftMs: copy.lease.until - at, ...old }
    const generation = copy?.generation ?? token
    const kept = copy ?? { storedMs: 0, freshUntil: 0, keptUntil: 0 }
    keep(cell, {
      ...kept,
      generation,
      lease: { by: token, until: at + times.leaseMs },
      keptUntil: Math.max(kept.keptUntil, at + times.fillMs),
    })
    return { state: 'lead', generation, atMs: at, ...old }
  }

  return {
    look: async (cell, token) => look(cell, token),
    store: async (cell, { generation, atMs, sealed, freshMs, keepMs, link }) => {
      const at = now()
      const mark = markOf(cell)
      if (copyOf(cell)?.generation !== generation || at - atMs > times.fillMs || mark.blockedUntil > at) return false
      keep(cell, { sealed, storedMs: at, freshUntil: at + freshMs, keptUntil: at + keepMs })
      if (link && (mark.link?.name === link.name || mark.noLinkUntil <= at)) keepMark(cell, { ...mark, link }, times.linkMs)
      return true
    },
    link: async (cell, link) => {
      const at = now()
      const mark = markOf(cell)
      if (mark.blockedUntil > at || (mark.link?.name !== link.name && mark.noLinkUntil > at)) return false
      keepMark(cell, { ...mark, link }, times.linkMs)
      return true
    },
    drop: async (cell, { blockMs, tombstone, final, link, writer }) => {
      const at = now()
      copies.delete(cell)
      const old = markOf(cell)
      const mark = { ...old, ...(link ? { link, noLinkUntil: 0 } : { noLinkUntil: at + times.unlinkedMs }) }
      mark.writer = old.blockedUntil > at ? undefined : writer
      if (final !== undefined && mark.tombstone === final) Object.assign(mark, { tombstone: undefined, blockedUntil: 0 })
      if (mark.blockedUntil <= at) mark.tombstone = undefined
      if (blockMs > 0) mark.blockedUntil = Math.max(mark.blockedUntil, at + blockMs)
      else if (mark.tombstone === undefined) mark.blockedUntil = 0
      if (tombstone !== undefined) mark.tombstone = tombstone
      keepMark(cell, mark, Math.max(link ? times.linkMs : times.unlinkedMs, blockMs))
      const unknown = old.link?.name !== link?.name && old.noLinkUntil > at
      const unsettled = link !== undefined && (unknown || (mark.tombstone !== undefined && mark.blockedUntil > at))
      return { unsettled, ...(old.link && { link: old.link.sealed }) }
    },
    renew: async (cell, { writer, sealed, freshMs, keepMs, link }) => {
      const at = now()
      const mark = markOf(cell)
      if (mark.writer !== writer || mark.blockedUntil <= at || mark.tombstone !== undefined) return false
      keep(cell, { sealed, storedMs: at, freshUntil: at + freshMs, keptUntil: at + keepMs })
      keepMark(cell, { ...mark, link, noLinkUntil: 0, blockedUntil: 0, writer: undefined }, times.linkMs)
      return true
    },
    release: async (cell, token) => {
      const copy = copyOf(cell)
      if (copy?.lease?.by === token) copy.lease = undefined
    },
    ping: async () => undefined,
    close: () => clearInterval(timer),
  }
}
