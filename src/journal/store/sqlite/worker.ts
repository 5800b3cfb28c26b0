/** A worker thread of the SQLite store: an fsync here does not block the event loop. */
import { platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { dispatch, type FileCommand } from './dispatch.ts'
import type { FileOptions } from './reading.ts'

const options = workerData as FileOptions
// Only on Linux, where priority belongs to a thread; elsewhere it would slow the whole process.
if (options.background && platform() === 'linux') setPriority(10)

// Who reads without keys to check loads nothing that writes.
const readsAlone = options.readOnly === true && options.keys.length === 0
const answer = dispatch(options, readsAlone ? (await import('./reading.ts')).openToRead : (await import('./file.ts')).openFile)

parentPort!.on('message', ({ id, verb, args }: { id: number; verb: FileCommand; args: unknown[] }) => {
  try {
    parentPort!.postMessage({ id, result: answer(verb, args) })
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message })
  }
})
