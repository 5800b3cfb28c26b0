/** The fall of all that is stored of a person, by every name: at once, or tried until it is. */
import type { KeyRing } from '../crypto/key-ring.ts'
import { aliasedKeys, aliasTo, cacheKeysOf, type Name } from './keys.ts'
import type { CacheStore, Invalidate, Invalidated, WriteThrough } from './store/cache-store.ts'

const everyMs = 1_000
/** A little longer than any entry lives. */
const forMs = 330_000
const most = 10_000

/** What several invalidations of one key come to. */
const strictest = (earlier: Invalidate | undefined, later: Invalidate): Invalidate =>
  earlier === undefined
    ? later
    : {
        ...earlier,
        ...later,
        blockMs: Math.max(earlier.blockMs, later.blockMs),
        // One of them may have removed what the other would keep.
        agedMs: earlier.agedMs === undefined || later.agedMs === undefined ? undefined : Math.max(earlier.agedMs, later.agedMs),
      }

/** Invalidations that the store, being away, did not take: tried each second, one for each key. */
const createBacklog = (invalidate: (key: string, how: Invalidate) => Promise<void>) => {
  const pending = new Map<string, { readonly how: Invalidate; readonly until: number }>()
  let timer: NodeJS.Timeout | undefined

  const again = async (): Promise<void> => {
    for (const [key, due] of pending) {
      try {
        await invalidate(key, due.how)
      } catch {
        if (performance.now() < due.until) break
      }
      // What failed meanwhile may have come after what was done just now.
      if (pending.get(key) === due) pending.delete(key)
    }
    timer = pending.size > 0 ? setTimeout(again, everyMs).unref() : undefined
  }

  return {
    add: (key: string, how: Invalidate): void => {
      const due = pending.get(key)
      if (due || pending.size < most) pending.set(key, { how: strictest(due?.how, how), until: performance.now() + forMs })
      timer ??= setTimeout(again, everyMs).unref()
    },
    close: (): void => {
      pending.clear()
      clearTimeout(timer)
    },
  }
}

/** Names that a person may have, and the two that are known to be of one person. */
export interface PersonNames {
  readonly names: readonly Name[]
  readonly both?: readonly [smooch: Name, user: Name] | undefined
}

/** The key and the entry that a write leaves. */
export interface WrittenEntry {
  readonly key: string
  readonly renewal: WriteThrough
}

export const createDrops = ({ store, peppers }: { readonly store: CacheStore; readonly peppers: KeyRing }) => {
  /** Invalidates the aliased keys too, except those that are in hand already. */
  const invalidateAliases = async (
    link: string | undefined,
    key: string,
    { link: _, ...drop }: Invalidate,
    others?: ReadonlyMap<string, Invalidate>,
  ): Promise<void> => {
    const behind = aliasedKeys(peppers, key, link).filter((other) => !others?.has(other))
    await Promise.all(behind.map((other) => store.drop(other, drop)))
  }

  const backlog = createBacklog(async (key, drop) => await invalidateAliases((await store.drop(key, drop)).link, key, drop))
  const invalidateKey = async (key: string, drop: Invalidate, others: ReadonlyMap<string, Invalidate>): Promise<Invalidated> => {
    try {
      const invalidated = await store.drop(key, drop)
      await invalidateAliases(invalidated.link, key, drop, others)
      return invalidated
    } catch (cause) {
      backlog.add(key, drop)
      throw cause
    }
  }

  /** All keys of a person under these names, and how each is invalidated. */
  const invalidationsOf = (app: string, { names, both }: PersonNames, how: Invalidate): Map<string, Invalidate> => {
    const drops = new Map<string, Invalidate>()
    for (const name of names) for (const key of cacheKeysOf(peppers, app, name)) drops.set(key, how)
    for (const [name, other] of both ? [both, [both[1], both[0]] as const] : [])
      for (const key of cacheKeysOf(peppers, app, name)) drops.set(key, { ...how, link: aliasTo(peppers, key, app, other) })
    return drops
  }

  /** Rejects when the store is away, and retries by itself. The write-through key is last,
   * invalidated only if it may not be written. */
  const drop = async (app: string, named: PersonNames, how: Invalidate, written?: WrittenEntry): Promise<void> => {
    const drops = invalidationsOf(app, named, how)
    const first = [...drops].filter(([key]) => key !== written?.key)
    const done = await Promise.allSettled(first.map(([key, each]) => invalidateKey(key, each, drops)))
    if (written) {
      const fallen = done.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
      const all = fallen.length === done.length
      const alone = all && !fallen.some(({ unsettled }) => unsettled)
      const stored = alone && (await store.renew(written.key, written.renewal).catch(() => false))
      // The alias comes once the other name's key is invalidated: its readers could store by it.
      if (!stored) await invalidateKey(written.key, (all && drops.get(written.key)) || how, drops)
    }
    const failed = done.find((it) => it.status === 'rejected')
    if (failed) throw failed.reason
  }

  return { drop, close: backlog.close }
}
