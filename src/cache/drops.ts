/** The fall of all that is stored of a person, by every name: at once, or tried until it is. */
import type { KeyRing } from '../crypto/key-ring.ts'
import { createBacklog } from './backlog.ts'
import { aliasedKeys, aliasTo, cacheKeysOf, type Name } from './keys.ts'
import type { CacheStore, Invalidate, Invalidated, WriteThrough } from './store/cache-store.ts'

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
