/** What may be used once, on whichever replica: claimed before its use, and let go of when that fails, so that it may be tried again. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { withAvailability } from './store/availability.ts'
import type { SessionStore } from './store/contract.ts'

type Release = () => Promise<void>

export const createReplayGuard = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }) => ({
  /** Undefined when it was used within the window. It is known under each live pepper, so that changing them forgets nothing. */
  once: async (what: string, id: string, windowMs: number): Promise<Release | undefined> => {
    const claimed: string[] = []
    const release = async (): Promise<void> => {
      // What stays claimed is lost to its holder, who has to get another: never the other way round.
      await Promise.all(claimed.map((tag) => store.put(tag, 'once', '', 0).catch(() => undefined)))
    }
    for (const { secret } of peppers()) {
      const tag = keyedName(secret, 'once', what, id)
      if ((await withAvailability(store.claim(tag, 'once', '1', windowMs))) !== undefined) {
        await release()
        return undefined
      }
      claimed.push(tag)
    }
    return release
  },
})
