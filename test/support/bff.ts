/** The whole service in front of the stand-in of the vendor, as tests use it: real listeners on free ports, log lines kept, every answer searched for canaries. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App } from '../../config/apps.ts'
import { loadApps } from '../../config/apps.ts'
import { load } from '../../config/load.ts'
import { loadProviders } from '../../config/providers.ts'
import { type Operation, type Role, timeLimit } from '../../src/contract/operation.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { createLog } from '../../src/platform/log/logger.ts'
import { type AppOptions, type RunningApp, startApp } from '../../src/service/app.ts'
import { canariesIn, canaryEmail, canaryKey, canaryPepper, canaryServiceKey, canarySessionKey } from './canaries.ts'
import { until } from './until.ts'

export const appId = '69f0100f2a3b4c5d6e7f8091'
export const keyId = 'app_69f0100f2a3b4c5d6e7f8092'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any
}

export interface Mint {
  kind?: 'bearer' | 'cookie' | 'service'
  userId?: string
  roles?: Role[]
  actor?: { id: string; name?: string }
  [more: string]: unknown
}

/** Headers that carry a session, as its kind is carried. */
export type Carried = Record<string, string>

export interface Bff extends AsyncDisposable {
  readonly app: RunningApp
  readonly sandbox: Sandbox
  /** The file of the journal. */
  readonly journalFile: string
  /** Parsed log lines. */
  readonly lines: Record<string, unknown>[]
  /** A call on the public listener, below the base path. */
  call(method: string, path: string, options?: { headers?: Carried; json?: unknown; body?: BodyInit }): Promise<Answer>
  /** A call on the private listener, with the service key. */
  private(method: string, path: string, json?: unknown, headers?: Carried): Promise<Answer>
  /** Mints a session and gives the headers that carry it. */
  signIn(mint?: Mint): Promise<Carried>
  /** How many requests reached the vendor since the last call of this. */
  sent(): number
}

export interface BffOptions {
  env?: Record<string, string>
  sandbox?: SandboxOptions
  extend?: AppOptions['extend']
  /** How long a call waits that the stand-in leaves without an answer. Others have the time of production, so that a busy machine ends none of them. */
  hangMs?: number
  cacheTimes?: AppOptions['cacheTimes']
  apps?: App[]
  /** Another replica: in front of the same stand-in, which is not closed with it. */
  beside?: Bff
}

const look = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const found = canariesIn(`${text}\n${[...response.headers].join('\n')}`)
  if (found.length > 0) throw new Error(`An answer holds a canary: ${found.join(', ')}`)
  const { status, headers } = response
  return {
    status,
    headers,
    text,
    get json() {
      return JSON.parse(text)
    },
  }
}

const hangLimit =
  (sandbox: Sandbox, hangMs: number) =>
  (row: Operation): number =>
    sandbox.faults.some(({ hang, operation }) => hang && operation === row.id) ? hangMs : timeLimit(row)

/** What a test prepares by is asked for again while the answer is 503: on a busy machine Redis is silent for more than 200 ms now and then. */
export const patiently = async <T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> => {
  return await until(ask, ({ status }) => status !== 503, 250)
}

/** Two calls that the vendor answers, to be made before each that it does not: one that fails more often than not within ten
 * seconds is left alone, and on a busy machine nobody knows which calls fall into them. */
export const answeredCalls = async (bff: Bff, headers: Carried): Promise<void> => {
  for (let times = 0; times < 2; times += 1) await bff.call('GET', '/v1.1/appusers/me/channels', { headers })
}

export const mina = { userId: 'cust-20481', givenName: 'Mina', surname: 'Okafor', email: canaryEmail, properties: { plan: 'gold' } }

/** Of this test file alone, so that files that share a Redis do not meet each other's people; replicas within a file do. */
export const pepper = `${canaryPepper}-${randomBytes(8).toString('hex')}`

export const startBff = async (options: BffOptions = {}): Promise<Bff> => {
  const sandbox =
    options.beside?.sandbox ??
    (await startSandbox({
      apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }],
      people: [mina],
      ...options.sandbox,
      switches: { confirmLinksAfter: 'never', deletionTakes: 5, ...options.sandbox?.switches },
    }))
  const folder = mkdtempSync(join(tmpdir(), 'bff-journal-'))
  const { settings } = load({
    NODE_ENV: 'test',
    PORT: '0',
    PRIVATE_PORT: '0',
    SMOOCH_BASE_URL: sandbox.url,
    SMOOCH_APP_ID: appId,
    SMOOCH_KEY_ID: keyId,
    SMOOCH_KEY_SECRET: canaryKey,
    SESSION_KEYS: `k1:${canarySessionKey}`,
    SESSION_PEPPERS: `p1:${pepper}`,
    SERVICE_KEYS: `backend:${canaryServiceKey},capped:${canaryServiceKey}-2:user+agent`,
    JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
    LIMIT_READS: '100000',
    LIMIT_WRITES: '100000',
    LIMIT_GUARDED: '100000',
    LIMIT_IMAGES: '100000',
    LIMIT_CODES: '100000',
    LIMIT_LINKS: '100000',
    LIMIT_SERVICE: '100000',
    LIMIT_FAILURES: '100000',
    LIMIT_SIGN_INS: '100000',
    LIMIT_PAGES: '100000',
    ...options.env,
  })
  const lines: Record<string, unknown>[] = []
  const log = createLog('debug', (line) => {
    const found = canariesIn(line, [canaryKey, canarySessionKey, canaryPepper, canaryServiceKey, canaryEmail])
    if (found.length > 0) throw new Error(`A log line holds a canary: ${line}`)
    lines.push(JSON.parse(line) as Record<string, unknown>)
  })
  const app = await startApp({
    settings,
    apps: options.apps ?? loadApps(settings),
    providers: loadProviders(settings),
    log,
    ...(options.extend && { extend: options.extend }),
    ...(options.hangMs !== undefined && { timeLimit: hangLimit(sandbox, options.hangMs) }),
    ...(options.cacheTimes && { cacheTimes: options.cacheTimes }),
  })
  let seen = 0

  const bff: Bff = {
    app,
    sandbox,
    journalFile: join(folder, 'journal.db'),
    lines,
    call: async (method, path, { headers = {}, json, body } = {}) =>
      look(
        await fetch(`${app.publicUrl}${settings.BASE_PATH}${path}`, {
          method,
          headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
          body: json === undefined ? (body ?? null) : JSON.stringify(json),
          redirect: 'manual',
        }),
      ),
    private: async (method, path, json, headers = { authorization: `Bearer ${canaryServiceKey}` }) =>
      look(
        await fetch(`${app.privateUrl}${path}`, {
          method,
          headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
          body: json === undefined ? null : JSON.stringify(json),
        }),
      ),
    signIn: async (mint = {}) => {
      const kind = mint.kind ?? 'bearer'
      const person = mint.userId === undefined && !mint.actor ? { userId: mina.userId } : {}
      const answer = await patiently(() => bff.private('POST', '/sessions', { kind, ...person, ...mint }))
      if (answer.status !== 201) throw new Error(`mint: ${answer.status} ${answer.text}`)
      const { token, setCookie } = answer.json as { token: string; setCookie?: string }
      if (kind !== 'cookie') return { authorization: `Bearer ${token}` }
      return { cookie: String(setCookie).split(';')[0]!, 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' }
    },
    sent: () => {
      const since = sandbox.requests.length - seen
      seen = sandbox.requests.length
      return since
    },
    [Symbol.asyncDispose]: async () => {
      await app.close(1_000)
      if (!options.beside) await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return bff
}

/** A tiny real PNG. */
export const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

export const imageForm = (role: string, bytes: Uint8Array<ArrayBuffer> = new Uint8Array(png), type = 'image/png'): FormData => {
  const form = new FormData()
  form.set('role', role)
  form.set('source', new File([bytes], 'picture.png', { type }))
  return form
}
