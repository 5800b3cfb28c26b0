/** What may be used once, on whichever replica. A use that is under way is held for a moment only, so that one which broke off half-way is not lost: it counts for good once `remember` says so. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { withAvailability } from './store/availability.ts'
import type { SessionStore } from './store/contract.ts'

type Release = () => Promise<void>

/** Longer than any use takes. */
const leaseMs = 60_000
const begun = '0'
const used = '1'

export const createReplayGuard = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }) => {
  /** Under each live pepper, so that changing them forgets nothing. */
  const tagsOf = (what: string, id: string): string[] => peppers().map(({ secret }) => keyedName(secret, 'once', what, id))
  return {
    /** Undefined when it is used or in use. */
    once: async (what: string, id: string, windowMs: number): Promise<Release | undefined> => {
      const claimed: string[] = []
      const release = async (): Promise<void> => {
        await Promise.all(claimed.map((tag) => store.put(tag, 'once', '', 0).catch(() => undefined)))
      }
      for (const tag of tagsOf(what, id)) {
        if ((await withAvailability(store.claim(tag, 'once', begun, Math.min(leaseMs, windowMs)))) !== undefined) {
          await release()
          return undefined
        }
        claimed.push(tag)
      }
      return release
    },

    /** To its end. */
    wasUsed: async (what: string, id: string): Promise<boolean> =>
      (await Promise.all(tagsOf(what, id).map((tag) => withAvailability(store.get(tag, 'once'))))).includes(used),

    /** After the work and before its answer. */
    remember: async (what: string, id: string, windowMs: number): Promise<void> => {
      await Promise.all(tagsOf(what, id).map((tag) => withAvailability(store.put(tag, 'once', used, windowMs))))
    },
  }
}
