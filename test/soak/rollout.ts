/** `npm run soak:rollout [-- --from REF --calls N]`: this version and an earlier one (a commit, by default the last) side by side on one Redis and one journal, as during a rollout. Mixed calls go to either; each person goes on at the other. */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { flagsOf, whole, word } from '../../scripts/flags.ts'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'

const values = flagsOf('soak:rollout', { from: word('HEAD~1'), calls: whole(10_000, 1_000_000) })
const callers = 16
const { calls } = values

await using all = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'bff-rollout-'))
all.defer(() => rmSync(folder, { recursive: true, force: true }))
const earlier = join(folder, 'earlier')
const git = (...words: string[]): string => execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
git('worktree', 'add', '--detach', earlier, values.from)
all.defer(() => void git('worktree', 'remove', '--force', earlier))
symlinkSync(resolve('node_modules'), join(earlier, 'node_modules'))

const redis = await startRedis()
all.defer(() => redis.stop())
const sandbox = await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }], people: [] })
all.defer(() => sandbox.close())
const bin = findPostgres()
const postgres = bin === undefined ? undefined : all.use(await startPostgres(bin))
const limits = ['READS', 'WRITES', 'GUARDED', 'SERVICE', 'PAGES', 'SIGN_INS'].map((name) => [`LIMIT_${name}`, '1000000'])
const env = {
  ...processEnv,
  ...Object.fromEntries(limits),
  SMOOCH_APP_ID: appId,
  SMOOCH_KEY_ID: keyId,
  SMOOCH_BASE_URL: sandbox.url,
  REDIS_URL: redis.url,
  JOURNAL_URL: postgres?.url() ?? `sqlite:${join(folder, 'journal.db')}`,
  JOURNAL_SIGNING_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
  LOG_LEVEL: 'warn',
}
// The earlier one first: it makes the journal.
const both: ServiceProcess[] = [await startProcess(env, { cwd: earlier }), await startProcess(env)]
all.defer(async () => {
  for (const it of both) await it[Symbol.asyncDispose]()
})

const seen = { calls: 0, wrong: 0, signedOut: 0, refused: 0, byKind: {} as Record<string, number>, faults: [] as string[] }

type Headers = Record<string, string>
/** A 503 says that nothing was done and when to come again, on a busy machine: counted, and asked again. */
const patiently = async (send: () => Promise<Response>): Promise<Response> => {
  for (let tries = 1; ; tries += 1) {
    const answer = await send()
    if (answer.status !== 503 || tries === 10) return answer
    seen.refused += 1
    await answer.text()
    await sleep(300)
  }
}

const ask = async (at: number, method: string, path: string, headers: Headers, json?: unknown) => {
  const body = json === undefined ? null : JSON.stringify(json)
  const given = { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) }
  const answer = await patiently(() => fetch(`${both[at]!.publicUrl}/bff${path}`, { method, headers: given, body }))
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

const mint = async (at: number, body: object): Promise<Headers> => {
  const headers = { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' }
  const request = { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await patiently(() => fetch(`${both[at]!.privateUrl}/sessions`, request))
  if (answer.status !== 201) throw new Error(`a session was not made: ${answer.status}`)
  return { authorization: `Bearer ${((await answer.json()) as { token: string }).token}` }
}

const expectThat = (kind: string, right: boolean, { status, text }: { status: number; text: string }): void => {
  seen.calls += 1
  seen.byKind[kind] = (seen.byKind[kind] ?? 0) + 1
  if (status === 401) seen.signedOut += 1
  else if (!right) seen.wrong += 1
  if (!right && seen.faults.length < 5) seen.faults.push(`${kind}: ${status} ${text.slice(0, 160)}`)
}

/** A change at one, seen at the other; a deletion at one, recorded and gone at the other. */
const caller = async (number: number, until: number): Promise<void> => {
  const userId = `person-${number}`
  sandbox.createUser(appId, { userId, givenName: 'First' })
  const own = await mint(number % 2, { kind: 'bearer', userId })
  const staff = await mint((number + 1) % 2, { kind: 'bearer', roles: ['admin'], actor: { id: `staff-${number}` } })
  let name = 'First'
  for (let round = 0; seen.calls < until; round += 1) {
    const [one, other] = round % 2 ? [0, 1] : [1, 0]
    for (const at of [one, other, one]) {
      const read = await ask(at, 'GET', '/v1.1/appusers/me', own)
      expectThat('read', read.status === 200 && read.text.includes(`"${name}"`), read)
    }
    name = `Name${round}`
    const changed = await ask(one, 'PUT', '/v1.1/appusers/me', own, { givenName: name })
    expectThat('update', changed.status === 200, changed)
    const after = await ask(other, 'GET', '/v1.1/appusers/me', own)
    expectThat('read after update', after.status === 200 && after.text.includes(`"${name}"`), after)
    if (round % 4 !== 0) continue
    const { _id } = sandbox.createUser(appId, { userId: `gone-${number}-${round}` })
    const key = { ...staff, 'idempotency-key': `${number}-${round}` }
    const deleted = await ask(one, 'DELETE', `/v1.1/appusers/${_id}`, key)
    expectThat('delete', deleted.status === 200, deleted)
    const operation = deleted.headers.get('audit-operation')
    const repeated = await ask(other, 'DELETE', `/v1.1/appusers/${_id}`, key)
    expectThat('repeat', repeated.status === 200 && repeated.headers.get('audit-operation') === operation, repeated)
    const shown = await ask(other, 'GET', `/ops/api/operations/${operation}`, staff)
    expectThat('journal', shown.status === 200 && shown.text.includes('"success"'), shown)
  }
}

await Promise.all(Array.from({ length: callers }, (_, at) => caller(at, 0.8 * calls)))
// The earlier one once more, on a journal that this one has opened.
await both[0]![Symbol.asyncDispose]()
both[0] = await startProcess(env, { cwd: earlier })
await Promise.all(Array.from({ length: callers }, (_, at) => caller(callers + at, calls)))

const verified = ['.', earlier].map((cwd) => {
  const words = ['src/journal/cli/main.ts', 'verify']
  const line = execFileSync(process.execPath, words, { cwd, env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' })
  return (JSON.parse(line) as { ok: boolean }).ok
})
const deletions = sandbox.requests.filter(({ operation }) => operation === 'delete_app_user').length
const told = { from: git('rev-parse', '--short', values.from), journal: postgres ? 'postgres' : 'sqlite', ...seen, deletions, verified }
process.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
process.exitCode = seen.wrong + seen.signedOut === 0 && verified.every(Boolean) && deletions === seen.byKind['delete'] ? 0 : 1
