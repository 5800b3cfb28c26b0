/** Several processes that share the ports. One that dies is replaced; a signal drains all. */
import cluster, { type Worker } from 'node:cluster'
import { gatherMetrics } from '../metrics/workers.ts'
import { untilSignal } from './signals.ts'

/** Workers that cannot even start must not be started over and over. Once one has lived so long the
 * service is sound, and a replacement is tried until it lives. */
const tooShortMs = 5_000
const pauseMs = 1_000

/** Resolves when all have ended, with true when each ended as it should. */
export const runWorkers = async (count: number, said: (line: string) => void): Promise<boolean> => {
  const state: { stopping: boolean; sound: boolean; proven: boolean } = { stopping: false, sound: true, proven: false }
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
  const ended = new Map<Worker, Promise<void>>()

  const fork = (): void => {
    if (state.stopping) return
    const worker = cluster.fork()
    const since = performance.now()
    const living = setTimeout(() => {
      state.proven = true
    }, tooShortMs).unref()
    const { promise, resolve } = Promise.withResolvers<void>()
    ended.set(worker, promise)
    worker.once('exit', (code, signal) => {
      clearTimeout(living)
      ended.delete(worker)
      resolve()
      if (state.stopping) {
        state.sound &&= code === 0
        return
      }
      said(`worker ${worker.process.pid} ended (${signal ?? code})`)
      if (state.proven) return void setTimeout(fork, performance.now() - since > tooShortMs ? 0 : pauseMs)
      state.sound = false
      fail()
    })
  }
  gatherMetrics()
  for (let i = 0; i < count; i++) fork()

  const signal = await Promise.race([untilSignal(), failed.then(() => 'SIGTERM' as const)])
  state.stopping = true
  const last = [...ended.values()]
  for (const worker of ended.keys()) worker.process.kill(signal)
  await Promise.all(last)
  return state.sound
}
