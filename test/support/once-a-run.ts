/** What is made once in a run of tests, by whoever needs it first: the other files find it, or wait until it is there. */
import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

const pause = new Int32Array(new SharedArrayBuffer(4))

const isFirst = (mark: string): boolean => {
  try {
    mkdirSync(mark)
    return true
  } catch {
    return false
  }
}

/** Where it lies; undefined outside of a run, where each makes its own. `make` writes a file or a folder at the path that it is given. */
export const onceARun = (name: string, make: (place: string) => void): string | undefined => {
  const folder = process.env['TEST_SHARED']
  if (folder === undefined) return undefined
  const place = join(folder, name)
  const [mark, own] = [`${place}-begun`, `${place}-own`]
  for (let waitedMs = 0; !existsSync(place); waitedMs += 50) {
    if (waitedMs > 100_000) throw new Error(`another test file has begun to make ${name}, and it is not there`)
    if (isFirst(mark))
      try {
        make(own)
        renameSync(own, place)
      } catch (error) {
        rmdirSync(mark)
        throw error
      }
    // It is made by another process, so nothing here has to go on.
    else Atomics.wait(pause, 0, 0, 50)
  }
  return place
}
