/** Invalidation of all that is stored of a person, under every name. */
import type { KeyRing } from '../crypto/key-ring.ts'
import { createBacklog } from './invalidation-backlog.ts'
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
  readonly entry: WriteThrough
}

export const createPersonInvalidation = ({ store, peppers }: { readonly store: CacheStore; readonly peppers: KeyRing }) => {
  /** Invalidates the aliased keys too, except those that are in hand already. After a contended one
   * those in hand as well: their readers could not store before, and can by the alias. */
  const invalidateAliased = async (key: string, how: Invalidate, others?: ReadonlyMap<string, Invalidate>): Promise<Invalidated> => {
    const invalidated = await store.invalidate(key, how)
    const { alias, ...plain } = how
    const aliased = aliasedKeys(peppers, key, invalidated.alias).filter((other) => !others?.has(other))
    const contended = invalidated.contended ? aliasedKeys(peppers, key, alias?.sealed) : []
    await Promise.all([...aliased, ...contended].map((other) => store.invalidate(other, plain)))
    return invalidated
  }

  const backlog = createBacklog(async (key, how) => void (await invalidateAliased(key, how)))
  const invalidateKey = async (key: string, how: Invalidate, others: ReadonlyMap<string, Invalidate>): Promise<Invalidated> => {
    try {
      return await invalidateAliased(key, how, others)
    } catch (cause) {
      backlog.add(key, how)
      throw cause
    }
  }

  /** All keys of a person under these names, and how each is invalidated. */
  const invalidationsOf = (app: string, { names, both }: PersonNames, how: Invalidate): Map<string, Invalidate> => {
    const byKey = new Map<string, Invalidate>()
    for (const name of names) for (const key of cacheKeysOf(peppers, app, name)) byKey.set(key, how)
    for (const [name, other] of both ? [both, [both[1], both[0]] as const] : [])
      for (const key of cacheKeysOf(peppers, app, name)) byKey.set(key, { ...how, alias: aliasTo(peppers, key, app, other) })
    return byKey
  }

  /** Rejects when the store is away, and retries by itself. The write-through key is last,
   * invalidated only if it may not be written. */
  const invalidate = async (app: string, named: PersonNames, how: Invalidate, written?: WrittenEntry): Promise<void> => {
    const byKey = invalidationsOf(app, named, how)
    const first = [...byKey].filter(([key]) => key !== written?.key)
    const results = await Promise.allSettled(first.map(([key, each]) => invalidateKey(key, each, byKey)))
    if (written) {
      const invalidated = results.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
      const all = invalidated.length === results.length
      const alone = all && !invalidated.some(({ contended }) => contended)
      const stored = alone && (await store.writeThrough(written.key, written.entry).catch(() => false))
      // The alias comes once the other name's key is invalidated: its readers could store by it.
      if (!stored) await invalidateKey(written.key, (all && byKey.get(written.key)) || how, byKey)
    }
    const failed = results.find((it) => it.status === 'rejected')
    if (failed) throw failed.reason
  }

  return { invalidate, close: backlog.close }
}
