/** A script of `test/soak` in its short form: when its time is over, what it started ends with it. */
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
  // As a person starts it, not as a part of Jest.
  const { JEST_WORKER_ID: _, ...env } = process.env
  const child = spawn(process.execPath, [`test/soak/${script}.ts`, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
  const timer = setTimeout(() => child.kill('SIGTERM'), withinMs)
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return { status, ...said }
}
