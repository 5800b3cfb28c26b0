/** What a Redis was told while something ran, by its own MONITOR. Commands inside scripts are marked `lua`. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Monitor extends AsyncDisposable {
  readonly lines: string[]
}

/** By redis-cli: ioredis takes the first lines for answers when they come together with the OK. */
export const openMonitor = async (url: string): Promise<Monitor> => {
  const child = spawn('redis-cli', [url.startsWith('redis://') ? '-u' : '-s', url, 'monitor'])
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop()!
    // Each process says the time and what it goes by there, by itself.
    lines.push(...parts.filter((line) => !/\{(clock|replicas-)/.test(line)))
  })
  while (lines[0] !== 'OK') await sleep(10)
  lines.shift()
  return {
    lines,
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
  await sleep(100)
  return { lines: watch.lines }
}
