/** The worker thread behind store-sqlite: an fsync here does not stop the event loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { type File, type FileOptions, openFile } from './sqlite-file.ts'

interface Call {
  readonly id: number
  readonly verb: Exclude<keyof File, 'inode'> | 'reopen'
  readonly args: unknown[]
}

const options = workerData as FileOptions
let file: File | undefined
let first: { journal: string; inode: number } | undefined

const close = (): void => {
  try {
    file?.close()
  } finally {
    file = undefined
  }
}

function answer({ verb, args }: Call): unknown {
  if (verb === 'close') return close()
  if (verb === 'reopen') close()
  file ??= openFile({ ...options, mustBe: first })
  first ??= { journal: file.journal, inode: file.inode }
  if (verb === 'reopen' || verb === 'journal') return file.journal
  return (file[verb] as (...args: unknown[]) => unknown)(...args)
}

parentPort!.on('message', (call: Call) => {
  try {
    parentPort!.postMessage({ id: call.id, result: answer(call) })
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    // What a failed write left in memory is not trusted: the next call opens the file anew. A lock held by another, or a rule of ours, is no failure.
    if (call.verb === 'commit' && errcode !== 5) close()
    parentPort!.postMessage({ id: call.id, error: message })
  }
})
