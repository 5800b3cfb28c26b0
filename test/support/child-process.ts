/** Servers that a test starts as processes: the wait until one takes connections, and its end. */
import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { until } from './until.ts'

/** A server with workers of its own is asked to end, since its workers would outlive it. */
export const endProcess = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

/** Until the child has said this. Throws all that it said when it ends before. */
export const untilSaid = async (child: ChildProcess, words: string): Promise<void> => {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += String(chunk)
    })
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  await until(() => said.includes(words) || hasEnded())
  if (!said.includes(words)) throw new Error(`${child.spawnargs.join(' ')} ended: ${said}`)
}

/** Throws what `why` says when the process ends before this port takes connections. */
export const untilTaken = async (port: number, child: ChildProcess, why: () => string): Promise<void> => {
  await until(async () => {
    const isTaken = await takesConnections(port)
    if (!isTaken && (child.exitCode !== null || child.signalCode !== null)) throw new Error(why())
    return isTaken
  })
}

const takesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (taken: boolean): void => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
