/** Looking into a cell, together: those who ask at the same time share one look, and those who wait for another process look again together. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from '../crypto/random.ts'
import type { Copies, Copy } from './entry.ts'
import { createConvoys } from './single-flight.ts'
import type { CacheStore, Looked } from './store/contract.ts'
import { readLook } from './store/redis-lookup.ts'

/** What was found in a cell, the copy opened, and the token that leads if nobody else did. */
export interface Seen {
  readonly looked: Looked
  readonly copy: Copy | null | undefined
  readonly token: string
}

/** How often a process looks whether another one has fetched what it waits for. */
const pollMs = 10

export const createLooks = (store: CacheStore, copies: Copies) => {
  const together = createConvoys<Seen>()
  const laterTogether = createConvoys<Seen>()
  const prefix = randomBytes(9).toString('base64url')
  let count = 0
  const newToken = (): string => `${prefix}${(count++).toString(36)}`

  const seen = (cell: string, token: string, looked: Looked): Seen => ({
    token,
    looked,
    copy: 'sealed' in looked ? copies.open(cell, looked.sealed) : undefined,
  })
  const look = async (cell: string): Promise<Seen> => {
    const token = newToken()
    return seen(cell, token, await store.look(cell, token))
  }
  const later = async (cell: string): Promise<Seen> => {
    await sleep(pollMs)
    return await look(cell)
  }

  /** The look that is made together with finding the session. */
  const along = (wants: (tag: string) => boolean) => {
    const token = newToken()
    let found: { readonly cell: string; readonly looked: Looked } | undefined
    return {
      token,
      wants,
      found: (cell: string, words: readonly string[]): void => {
        found = { cell, looked: readLook(words) }
      },
      /** Once: whoever asks again looks again. */
      take: (cell: string): Seen | undefined => {
        if (found?.cell !== cell) return undefined
        const { looked } = found
        found = undefined
        return seen(cell, token, looked)
      },
      /** A request that came to nothing leads nobody. */
      [Symbol.dispose]: (): void => {
        if (found?.looked.state === 'lead') store.release(found.cell, token).catch(() => undefined)
      },
    }
  }

  return {
    now: (cell: string): Promise<Seen> => together(cell, () => look(cell)),
    /** After a pause. */
    again: (cell: string): Promise<Seen> => laterTogether(cell, () => later(cell)),
    along,
  }
}

export type Along = ReturnType<ReturnType<typeof createLooks>['along']>
