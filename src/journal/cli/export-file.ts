/** Lines of the log, written to a file or to the output; and files that are whole or not there: each lies
 * beside its name until it is done, and takes no other's place, which may be the only copy. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { exportLines } from '../export.ts'
import { type Context, goOn } from './command.ts'

export const partOf = (file: string): string => `${file}.part`

/** File systems that know no second name for a file. */
const without = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

const requireFree = (file: string): void => {
  if (existsSync(file)) throw Object.assign(new Error(`EEXIST: ${file} exists already`), { code: 'EEXIST', path: file })
}

/** `write` fills the part, an empty file for the owner alone. */
export const writeWhole = async <T>(file: string, write: (part: string, handle: FileHandle) => Promise<T>): Promise<T> => {
  const part = partOf(file)
  requireFree(file)
  const handle = await open(part, 'wx', 0o600)
  try {
    const result = await write(part, handle)
    await handle.sync()
    await link(part, file).catch(async (error: NodeJS.ErrnoException) => {
      if (!without.includes(error.code ?? '')) throw Object.assign(error, { path: file })
      requireFree(file)
      await rename(part, file)
    })
    return result
  } finally {
    await handle.close()
    await rm(part, { force: true })
  }
}

/** Writes to a new file only: an earlier one may be the only copy. Returns the SHA-256. */
export async function writeExport(
  { store, out, stop }: Context,
  file: string | undefined,
  options: Parameters<typeof exportLines>[1],
): Promise<string> {
  const digest = createHash('sha256')
  const write = async (to: FileHandle | undefined): Promise<void> => {
    let lines = 0
    for await (const chunk of exportLines(store, options)) {
      goOn(stop)
      if (!to && stop.aborted) break
      digest.update(chunk)
      lines += chunk.split('\n').length - 1
      out.progress(`exported ${lines} lines`)
      if (to) await to.writeFile(chunk)
      else out.write(chunk)
    }
  }
  if (file === undefined) await write(undefined)
  else await writeWhole(file, (_part, handle) => write(handle))
  return `sha256:${digest.digest('hex')}`
}
