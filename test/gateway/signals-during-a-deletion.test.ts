/** A deletion on its way when its replica is told to stop, or is killed: what the caller hears, what the vendor gets, what the journal knows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from '@jest/globals'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const describeRedis = redisInstalled() ? describe : describe.skip

/** Two replicas, and a deletion that the vendor answers after so long, on its way through the first. */
const deletionOnItsWay = async (all: AsyncDisposableStack, vendorMs: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-signal-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const vendor = all.use(
    await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }], switches: { deletionTakes: 0 } }),
  )
  const journal = join(folder, 'journal.db')
  const env = {
    ...processEnv,
    SMOOCH_BASE_URL: vendor.url,
    REDIS_URL: redis.url,
    JOURNAL_URL: `sqlite:${journal}`,
    DRAIN_DELAY_SECONDS: '0',
  }
  const first = all.use(await startProcess(env))
  const second = all.use(await startProcess(env))
  const minted = await fetch(`${second.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } }),
  })
  const { token } = (await minted.json()) as { token: string }
  const { _id } = vendor.createUser(appId, { userId: 'goes' })
  vendor.fault({ operation: 'delete_app_user', applied: true, latency: vendorMs, times: 1 })
  const remove = (publicUrl: string) =>
    fetch(`${publicUrl}/bff/v1.1/appusers/${_id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
  const sent = () => vendor.requests.filter(({ operation }) => operation === 'delete_app_user').length
  const answer = remove(first.publicUrl).then(
    ({ status }) => status,
    () => 'cut',
  )
  await until(() => sent() > 0)
  const events = () => {
    using db = new DatabaseSync(journal, { readOnly: true, timeout: 5_000 })
    return (db.prepare("SELECT body FROM event WHERE action = 'delete_app_user' ORDER BY seq").all() as { body: string }[]).map(
      ({ body }) => JSON.parse(body) as { kind: string; outcome?: string },
    )
  }
  return { first, second, answer, sent, events, again: async () => remove(second.publicUrl) }
}

describeRedis('a deletion on its way', () => {
  test('when its replica gets SIGTERM: is waited for, answered and recorded, and the replica leaves with 0', async () => {
    await using all = new AsyncDisposableStack()
    const it = await deletionOnItsWay(all, 2_000)
    it.first.child.kill('SIGTERM')
    expect(await it.answer).toBe(200)
    expect(await it.first.ended).toBe(0)
    expect(it.sent()).toBe(1)
    expect(it.events().map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['intent', undefined],
      ['outcome', 'success'],
    ])
  })

  test('when its replica gets SIGKILL: the caller is cut off, the intent is in the journal for another replica to settle, and it is never sent again', async () => {
    await using all = new AsyncDisposableStack()
    const it = await deletionOnItsWay(all, 30_000)
    it.first.child.kill('SIGKILL')
    expect(await it.answer).toBe('cut')
    // Whoever asks again hears that nobody knows yet, never that there was nobody.
    const heard = await it.again()
    expect([heard.status, ((await heard.json()) as { error: { code: string } }).error.code]).toEqual([409, 'operation_pending'])
    // What becomes of it is found out 50 s after it began: test/journal/kill.test.ts.
    expect(it.events().map(({ kind }) => kind)).toEqual(['intent'])
    expect(it.sent()).toBe(1)
  })
})
