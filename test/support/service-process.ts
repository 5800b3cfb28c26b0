/** The service as a process of its own, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canaryKey, canaryPepper, canaryServiceKey, canarySessionKey } from './canaries.ts'
import './ends-children.ts'

/** One for all processes of a test file, which is how replicas on one machine share it. */
const journal = join(mkdtempSync(join(tmpdir(), 'bff-process-')), 'journal.db')

const compiled = process.env['NODE_COMPILE_CACHE']

export const processEnv = {
  // As `npm start` has it: no process then loads the compiler of TypeScript.
  ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }),
  NODE_ENV: 'test',
  PORT: '0',
  PRIVATE_PORT: '0',
  SMOOCH_BASE_URL: 'http://127.0.0.1:9',
  SMOOCH_APP_ID: '69f0100f2a3b4c5d6e7f8091',
  SMOOCH_KEY_ID: 'app_69f0100f2a3b4c5d6e7f8092',
  SMOOCH_KEY_SECRET: canaryKey,
  SESSION_KEYS: `k1:${canarySessionKey}`,
  SESSION_PEPPERS: `p1:${canaryPepper}`,
  SERVICE_KEYS: `backend:${canaryServiceKey}`,
  JOURNAL_URL: `sqlite:${journal}`,
}

export interface ServiceProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly publicUrl: string
  readonly privateUrl: string
  /** Both streams as far as they have come. */
  output(): string
  /** The exit code, once all of the output has come; null when it was killed. */
  readonly ended: Promise<number | null>
}

interface ProcessOptions {
  /** Where standard output goes, if not to the test; `unread` is a pipe from which nobody reads. */
  readonly stdout?: number | 'unread'
  /** Where the source lies, if not here. */
  readonly cwd?: string
}

/** Starts `src/main.ts`; resolves when it is ready or has ended. */
export const startProcess = async (
  env: Record<string, string> = processEnv,
  { stdout, cwd }: ProcessOptions = {},
): Promise<ServiceProcess> => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  })
  let output = ''
  const streams = [stdout === undefined ? child.stdout : null, child.stderr].filter((stream) => stream !== null)
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const closed = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)))
  const ended = Promise.all(closed).then(() => exit)
  const ready = new Promise<void>((resolve) => {
    for (const stream of streams) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (/health and sessions on \S+\n/.test(output)) resolve()
      })
    }
  })
  await Promise.race([ready, ended])
  const [, publicUrl = '', privateUrl = ''] = /serves (http:\/\/[^/]+)\S* to .*; health and sessions on (\S+)/.exec(output) ?? []
  return {
    child,
    publicUrl,
    privateUrl,
    output: () => output,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}
