/** One claim under several names, all or none: replicas that have some of the names in common let
 * one of two calls at once through. */
import type { SessionStore } from './session-store.ts'

export interface Claim {
  readonly tag: string
  readonly name: string
  /** Of this claim alone. */
  readonly value: string
}

/** Undefined when it is made; else the first of its names that another has, and what is kept there.
 * `release` takes the claims back when not all could be made; it does not throw. */
export const claimAll = async <C extends Claim>(
  store: Pick<SessionStore, 'claim'>,
  claims: readonly C[],
  ttlMs: number,
  release: () => Promise<void>,
): Promise<{ readonly claim: C; readonly before: string } | undefined> => {
  // In one order for everybody, so that of two at once one is first.
  const inOrder = [...claims].sort((a, b) => (a.tag + a.name < b.tag + b.name ? -1 : 1))
  for (const claim of inOrder) {
    const before = await store.claim(claim.tag, claim.name, claim.value, ttlMs).catch(async (error: unknown) => {
      // The claim may have been made and its answer lost.
      await release()
      throw error
    })
    if (before === undefined) continue
    await release()
    return { claim, before }
  }
  return undefined
}
