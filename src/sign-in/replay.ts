/** A guard against the second use of an assertion or a logout token, across replicas. A use under
 * way holds a short lease; `remember` makes it final, so a use that broke off can be repeated. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { randomBytes } from '../platform/random.ts'
import type { SessionStore } from '../session/store/session-store.ts'

type Release = () => Promise<void>

/** Longer than any use takes. */
const leaseMs = 60_000
const used = '1'

export const createReplayGuard = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }) => {
  /** One name for each live pepper: rotating them forgets no use. In one order, whatever that of the peppers: of two
   * uses at once one is first. */
  const tagsOf = (what: string, id: string): string[] =>
    peppers()
      .map((pepper) => keyedName(pepper, 'once', what, id))
      .sort()
  return {
    /** Claims the use; undefined when it was used or is in use, else what gives it free. */
    once: async (what: string, id: string, windowMs: number): Promise<Release | undefined> => {
      const claimed: string[] = []
      const begun = randomBytes(9).toString('base64url')
      const free = async (tag: string): Promise<void> => {
        if ((await store.get(tag, 'once')) === begun) await store.put(tag, 'once', '', 0)
      }
      const release = async (): Promise<void> => void (await Promise.allSettled(claimed.map(free)))
      for (const tag of tagsOf(what, id)) {
        // Before it is known: the answer of a claim may be lost.
        claimed.push(tag)
        const taken = await store.claim(tag, 'once', begun, Math.min(leaseMs, windowMs)).catch(async (error) => {
          await release()
          throw error
        })
        if (taken === undefined) continue
        await release()
        return undefined
      }
      return release
    },

    /** True when it was used to the end. */
    wasUsed: async (what: string, id: string): Promise<boolean> =>
      (await Promise.all(tagsOf(what, id).map((tag) => store.get(tag, 'once')))).includes(used),

    /** To be called after the work and before its answer. */
    remember: async (what: string, id: string, windowMs: number): Promise<void> => {
      await Promise.all(tagsOf(what, id).map((tag) => store.put(tag, 'once', used, windowMs)))
    },
  }
}

export type ReplayGuard = ReturnType<typeof createReplayGuard>
