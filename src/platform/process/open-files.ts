/** How many connections clients may have, by the number of files that the process may open: half.
 * The other half is for the vendor, Redis, the journal and the private listener. */
import { readFileSync } from 'node:fs'

/** Linux alone tells it; elsewhere there is no bound. */
export const maxConnections = (): number => {
  try {
    const files = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return files === undefined ? Number.POSITIVE_INFINITY : Math.floor(Number(files) / 2)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
