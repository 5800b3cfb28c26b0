/** A soak or a bench that is told to end: what it started ends before it, also what has a session of its own (PostgreSQL) and what is stopped. Imported by all that starts servers. */
import { execFileSync } from 'node:child_process'

/** Children, their children and so on. */
const descendants = (): number[] => {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number) as [pid: number, parent: number])
  const found = new Set([process.pid])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const [pid, parent] of rows) if (found.has(parent)) found.add(pid)
  }
  found.delete(process.pid)
  return [...found]
}

const signalAll = (signals: readonly NodeJS.Signals[], to: readonly number[]): void => {
  for (const pid of to)
    for (const signal of signals)
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended.
      }
}

// Jest ends its workers by itself.
const isTest = process.env['JEST_WORKER_ID'] !== undefined
for (const asked of isTest ? [] : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const))
  process.once(asked, () => {
    const started = descendants()
    signalAll(['SIGINT', 'SIGCONT'], started)
    // Nothing else of the process runs meanwhile, which would take the lost servers for a result.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
    signalAll(['SIGKILL'], started)
    process.kill(process.pid, asked)
  })
