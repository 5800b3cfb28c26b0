/** The worker thread behind store-sqlite: an fsync here does not stop the event loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls, type Verb } from './sqlite-calls.ts'
import type { FileOptions } from './sqlite-file.ts'

const answer = answerCalls(workerData as FileOptions)

parentPort!.on('message', ({ id, verb, args }: { id: number; verb: Verb; args: unknown[] }) => {
  try {
    parentPort!.postMessage({ id, result: answer(verb, args) })
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message })
  }
})
