/** Lines of the log, written to a file or to the output. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { exportLines } from '../export.ts'
import type { Context } from './command.ts'

/** Writes to a new file only, since an earlier export may be the only copy; returns the SHA-256 of
 * the bytes. */
export async function writeExport(
  { store, out, stop }: Context,
  file: string | undefined,
  options: Parameters<typeof exportLines>[1],
): Promise<string> {
  const handle = file === undefined ? undefined : await open(file, 'wx', 0o600)
  const digest = createHash('sha256')
  const write = async (to: FileHandle | undefined): Promise<void> => {
    let lines = 0
    for await (const chunk of exportLines(store, options)) {
      if (!to && stop.aborted) break
      digest.update(chunk)
      lines += chunk.split('\n').length - 1
      out.progress(`exported ${lines} lines`)
      if (to) await to.writeFile(chunk)
      else out.write(chunk)
    }
    await to?.sync()
  }
  try {
    await write(handle)
  } catch (error) {
    // Half of it would be taken for an earlier export.
    if (file !== undefined) await rm(file, { force: true })
    throw error
  } finally {
    await handle?.close()
  }
  return `sha256:${digest.digest('hex')}`
}
