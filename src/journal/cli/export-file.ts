/** Lines of the log, written to a file or to the output. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { exportLines } from '../export.ts'
import { type Context, goOn } from './command.ts'
import { writeWhole } from './whole-file.ts'

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
