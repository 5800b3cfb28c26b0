/** Sessions of programs: listed under a tag of their own, since no person stands behind them. */
import type { Ring } from './keys.ts'
import { appTag, services } from './making.ts'
import { reachable } from './reachable.ts'
import { type IndexEntry, openIndex } from './record.ts'
import type { Listed, SessionStore } from './store.ts'

export const createServices = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: Ring }) => {
  const listed = async (): Promise<(Listed & { entry: IndexEntry })[]> =>
    (await reachable(store.list(services))).flatMap((it) => {
      const entry = openIndex(peppers, it.sid, Buffer.from(it.index, 'base64'))
      return entry ? [{ ...it, entry }] : []
    })

  return {
    /** Those that still live: one may have ended with its person or its app. */
    listServices: async () => {
      const all = await listed()
      const live = await Promise.all(
        all.map(({ entry }) => reachable(store.enter(entry, { touch: false, app: appTag(peppers, entry.app) }))),
      )
      return all.filter((_, at) => live[at])
    },

    endService: async (sid: string): Promise<boolean> => {
      const entry = (await listed()).find((it) => it.sid === sid)?.entry
      if (!entry) return false
      await reachable(store.end(entry, sid))
      await reachable(store.removeFromList(services, sid))
      return true
    },
  }
}
