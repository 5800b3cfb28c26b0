/** Lines of the log, written to a file or to the output. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { exportLines } from '../export.ts'
import type { Context } from './command.ts'

/** Writes to a new file only, since an earlier export may be the only copy; returns the SHA-256 of
 * the bytes. */
export async function writeExport(
  { store, out, stop }: Context,
  file: string | undefined,
  options: Parameters<typeof exportLines>[1],
): Promise<string> {
  const stream = file === undefined ? undefined : createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })
  const digest = createHash('sha256')
  let lines = 0
  for await (const chunk of exportLines(store, options)) {
    if (!stream && stop.aborted) break
    digest.update(chunk)
    lines += chunk.split('\n').length - 1
    out.progress(`exported ${lines} lines`)
    if (!stream) out.write(chunk)
    else if (!stream.write(chunk)) await once(stream, 'drain')
  }
  if (stream) {
    stream.end()
    await once(stream, 'close')
  }
  return `sha256:${digest.digest('hex')}`
}
