/** A file that is whole or not there: it lies beside its name until it is done. It takes no other's
 * place, which may be the only copy. */
import { existsSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'

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
