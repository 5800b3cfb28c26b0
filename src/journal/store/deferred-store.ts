/** A store that is opened as soon as it can be: the service is up without it, its gate closed. */
import type { Store } from './journal-store.ts'

export async function deferredStore(url: string, open: () => Promise<Store>): Promise<Store> {
  let store: Store | undefined
  let cause: unknown
  const attempt = async (): Promise<Store> => {
    try {
      store ??= await open()
      return store
    } catch (error) {
      cause = error
      throw error
    }
  }
  await attempt().catch(() => {})
  if (store) return store
  const there = (): Store => {
    if (!store) throw new Error('the journal could not be opened', { cause })
    return store
  }
  const kind = url.startsWith('sqlite:') ? 'sqlite' : 'postgres'
  return {
    kind,
    get journal() {
      return there().journal
    },
    commit: async (entries, after) => there().commit(entries, after),
    select: async (sql, params) => there().select(sql, params),
    readers: { kind, select: async (sql, params) => there().readers.select(sql, params) },
    reopen: async () => {
      const fresh = store === undefined
      await attempt()
      if (!fresh) await there().reopen()
    },
    isAlive: async (instance) => there().isAlive(instance),
    mayRemove: async () => there().mayRemove(),
    erase: async (tokens) => there().erase(tokens),
    expire: async (now) => there().expire(now),
    prune: async (cut, nodes) => there().prune(cut, nodes),
    backup: async (path) => there().backup(path),
    inspect: async () => there().inspect(),
    close: async () => {
      await store?.close()
    },
  }
}
