/** Random bytes are cheap, asking for them is not: the system is asked for many at once. */
import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(8_192)
let at = pool.length

/** From the system's generator, never the same ones twice. At most 8 KB. */
export const randomBytes = (length: number): Buffer => {
  if (length > pool.length) throw new RangeError('so many random bytes are asked of the system itself')
  if (at + length > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const bytes = Buffer.from(pool.subarray(at, at + length))
  pool.fill(0, at, at + length)
  at += length
  return bytes
}
