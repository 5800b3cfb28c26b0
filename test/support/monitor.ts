/** What a Redis was told while something ran, by its own MONITOR. Commands inside scripts are marked `lua`. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

export const monitor = async (socket: string, work: () => Promise<void>): Promise<{ lines: string[] }> => {
  const child = spawn('redis-cli', ['-s', socket, 'monitor'])
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  try {
    while (!text.startsWith('OK')) await sleep(10)
    await work()
    await sleep(100)
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
  }
  return { lines: text.split('\n').slice(1).filter(Boolean) }
}
