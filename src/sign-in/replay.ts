/** A guard against the second use of an assertion or a logout token, across replicas. A use under
 * way holds a short lease; `remember` makes it final, so a use that broke off can be repeated. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { randomBytes } from '../platform/random.ts'
import { claimAll } from '../session/store/joint-claim.ts'
import type { SessionStore } from '../session/store/session-store.ts'

type Release = () => Promise<void>

/** Longer than any use takes. */
const leaseMs = 60_000
const used = '1'
const name = 'once'

export const createReplayGuard = ({ store, peppers }: { readonly store: SessionStore; readonly peppers: KeyRing }) => {
  /** One name for each live pepper: rotating them forgets no use. */
  const tagsOf = (what: string, id: string): string[] => peppers().map((pepper) => keyedName(pepper, name, what, id))
  return {
    /** Claims the use; undefined when it was used or is in use, else what gives it free. */
    once: async (what: string, id: string, windowMs: number): Promise<Release | undefined> => {
      const value = randomBytes(9).toString('base64url')
      const claims = tagsOf(what, id).map((tag) => ({ tag, name, value }))
      const release = async (): Promise<void> => void (await Promise.allSettled(claims.map(({ tag }) => store.unclaim(tag, name, value))))
      const taken = await claimAll(store, claims, Math.min(leaseMs, windowMs), release)
      return taken ? undefined : release
    },

    /** True when it was used to the end. */
    wasUsed: async (what: string, id: string): Promise<boolean> =>
      (await Promise.all(tagsOf(what, id).map((tag) => store.get(tag, name)))).includes(used),

    /** To be called after the work and before its answer. */
    remember: async (what: string, id: string, windowMs: number): Promise<void> => {
      await Promise.all(tagsOf(what, id).map((tag) => store.put(tag, name, used, windowMs)))
    },
  }
}

export type ReplayGuard = ReturnType<typeof createReplayGuard>
