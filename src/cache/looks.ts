/** Looking into a cell, together: those who ask at the same time share one look, and those who wait for another process look again together. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from '../random.ts'
import type { Copy, createCopies } from './copy.ts'
import { createConvoys } from './flights.ts'
import type { CacheStore, Looked } from './store.ts'

/** What was found in a cell, the copy opened, and the token that leads if nobody else did. */
export interface Seen {
  readonly looked: Looked
  readonly copy: Copy | null | undefined
  readonly token: string
}

/** How often a process looks whether another one has fetched what it waits for. */
const pollMs = 10

export const createLooks = (store: CacheStore, copies: ReturnType<typeof createCopies>) => {
  const together = createConvoys<Seen>()
  const laterTogether = createConvoys<Seen>()
  const prefix = randomBytes(9).toString('base64url')
  let count = 0

  const look = async (cell: string): Promise<Seen> => {
    const token = `${prefix}${(count++).toString(36)}`
    const looked = await store.look(cell, token)
    return { token, looked, copy: 'sealed' in looked ? copies.open(cell, looked.sealed) : undefined }
  }
  const later = async (cell: string): Promise<Seen> => {
    await sleep(pollMs)
    return await look(cell)
  }
  return {
    now: (cell: string): Promise<Seen> => together(cell, () => look(cell)),
    /** After a pause. */
    again: (cell: string): Promise<Seen> => laterTogether(cell, () => later(cell)),
  }
}
