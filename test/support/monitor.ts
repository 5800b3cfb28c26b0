/** What a Redis was told while something ran, by its own MONITOR. Commands inside scripts are marked `lua`. */
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { until } from './until.ts'

export interface Monitor extends AsyncDisposable {
  readonly lines: string[]
  /** Until all that Redis was told so far is in `lines`. */
  settled(): Promise<void>
}

/** Round trips of calls: no commands inside scripts, nor how far the journal is, which it tells by itself a moment after what it recorded. */
export const roundTripsIn = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.includes(' lua] ') && !line.includes('"bff:journal:{'))

/** By redis-cli: ioredis takes the first lines for answers when they come together with the OK. */
export const openMonitor = async (url: string): Promise<Monitor> => {
  const at = [url.startsWith('redis://') ? '-u' : '-s', url]
  const child = spawn('redis-cli', [...at, 'monitor'])
  const lines: string[] = []
  const marks = new Set<string>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop()!
    // Each process says the time and what it goes by there, by itself.
    for (const line of parts) {
      const mark = /"echo" "mark-(.+)"$/i.exec(line)?.[1]
      if (mark !== undefined) marks.add(mark)
      else if (!/\{(clock|replicas-)/.test(line)) lines.push(line)
    }
  })
  await until(() => lines[0] === 'OK')
  lines.shift()
  return {
    lines,
    settled: async () => {
      const mark = randomUUID()
      await promisify(execFile)('redis-cli', [...at, 'echo', `mark-${mark}`])
      await until(() => marks.has(mark))
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

export const monitor = async (url: string, work: () => Promise<void>): Promise<{ lines: string[] }> => {
  await using watch = await openMonitor(url)
  await work()
  await watch.settled()
  return { lines: watch.lines }
}
