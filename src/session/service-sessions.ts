/** Sessions of programs, listed under one tag of their own, since they have no person. */
import type { KeyRing } from '../crypto/key-ring.ts'
import { type Cap, isWithin } from './caps.ts'
import { servicesKey } from './issue.ts'
import { appKeysOf } from './record.ts'
import { openListed } from './seal.ts'
import type { SessionStore } from './store/session-store.ts'

export const createServices = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }) => {
  const listed = async () => openListed(peppers, await store.list(servicesKey))

  return {
    /** Live ones only: a session may have ended with its person or app, whose mark may lie under an
     * older pepper. */
    listServices: async () => {
      const all = await listed()
      const live = await Promise.all(
        all.map(async ({ entry }) =>
          (await Promise.all(appKeysOf(peppers, entry.app).map((app) => store.enter(entry, { touch: false, app })))).every(Boolean),
        ),
      )
      return all.filter((_, at) => live[at])
    },

    /** False when there is none within this cap. */
    endService: async (sid: string, cap: Cap): Promise<boolean> => {
      const entry = (await listed()).find((it) => it.sid === sid)?.entry
      if (!entry || !isWithin(cap, entry)) return false
      await store.end(entry, sid)
      await store.removeFromList(servicesKey, sid)
      return true
    },
  }
}
