/** A script of `test/soak` in its short form, in a process group of its own: when its time is over, what it started ends with it. */
import { spawn } from 'node:child_process'

const withinMs = 300_000

/** For the test that runs one. */
export const soakTimeout = withinMs + 20_000

interface Ended {
  /** Null when its time was over. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export const runSoak = async (script: string, ...words: string[]): Promise<Ended> => {
  const child = spawn(process.execPath, [`test/soak/${script}.ts`, ...words], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), withinMs)
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { status, ...said }
}
