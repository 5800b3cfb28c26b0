/** The session store stops between the durable intent of a guarded call and its permit: nobody can say any more whether the caller may, so nothing is sent. A real Redis is stopped while the intent waits for the journal's lock. */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried } from '../support/bff.ts'
import { bffOnRedis } from '../support/bff-on-redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { until } from '../support/until.ts'

const given = redisInstalled() ? describe : describe.skip

const link = { type: 'twilio', phoneNumber: '+15145550143', confirmation: { type: 'prompt' } }
const rows: [string, string, (id: string) => string, (id: string, other: string) => object | undefined][] = [
  ['a deletion', 'DELETE', (id) => `/v1.1/appusers/${id}`, () => undefined],
  ['a cleared profile', 'DELETE', (id) => `/v1.1/appusers/${id}/profile`, () => undefined],
  ['an unlinked channel', 'DELETE', (id) => `/v1.1/appusers/${id}/channels/twilio`, () => undefined],
  ['a link', 'POST', (id) => `/v1.1/appusers/${id}/channels`, () => link],
  ['a merge', 'POST', () => '/v1.1/appusers/merge', (id, other) => ({ surviving: { _id: other }, discarded: { _id: id } })],
]

given('the session store, stopped after the intent', () => {
  const service = bffOnRedis()

  const looks = () => service.bff.sandbox.requests.filter(({ operation }) => operation === 'get_app_user').length
  /** Stops the store while the intent is held up; all that comes before it is over by then, which nothing tells from outside. */
  const stopMeanwhile = async (call: () => ReturnType<Bff['call']>, subjects: number, stop: () => unknown) => {
    service.bff.sandbox.clearRequests()
    using lock = new DatabaseSync(service.bff.journalFile, { timeout: 5_000 })
    lock.exec('BEGIN IMMEDIATE')
    const answer = call()
    await until(() => looks() >= subjects)
    await sleep(700)
    await stop()
    lock.exec('ROLLBACK')
    return await answer
  }
  const back = (): Promise<Carried> => until(() => service.bff.signIn({ roles: ['auditor'], actor: { id: 'aud' } }).catch(() => undefined))
  const stops: [string, () => unknown, () => unknown][] = [
    ['does not answer', service.stop, service.goOn],
    ['is gone', service.kill, service.startAgain],
  ]

  for (const [how, stop, start] of stops)
    test.each(rows)(`that ${how}: %s is not sent, is 503, and the journal says so`, async (_what, method, path, body) => {
      const admin = await service.bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
      const people = ['one', 'two'].map((name) => `${name}-${randomUUID()}`)
      const [one, two] = people.map((userId) => service.bff.sandbox.createUser(appId, { userId, clients: [{ platform: 'twilio' }] }))
      const json = body(one!._id, two!._id)
      const headers = { ...admin, 'idempotency-key': randomUUID() }
      const call = () => service.bff.call(method, path(one!._id), { headers, ...(json && { json }) })
      const answer = await stopMeanwhile(call, body.length === 2 ? 2 : 1, stop)
      expect([answer.status, answer.json.error.code]).toEqual([503, 'session_store_unavailable'])
      expect(answer.headers.get('retry-after')).toBe('1')
      const operation = answer.headers.get('audit-operation')
      expect(operation).toMatch(/^op_/)
      await start()
      const auditor = await back()
      const { state, events } = (await service.bff.call('GET', `/ops/api/operations/${operation}`, { headers: auditor })).json
      expect(state).toBe('not_sent')
      expect(events.map(({ kind }: { kind: string }) => kind)).toEqual(['intent', 'outcome'])
      expect(events.at(-1)).toMatchObject({ outcome: 'not_sent', upstream: { code: 'session_store_unavailable', sent: false } })
      // Nor later, when the store is back.
      await sleep(300)
      expect(service.bff.sandbox.requests.filter((it) => it.operation !== 'get_app_user')).toEqual([])
      expect(people.map((userId) => service.bff.sandbox.user(appId, userId)?._id)).toEqual([one!._id, two!._id])
    })

  test('the same call goes through when the store is back, and its people go on meanwhile', async () => {
    const admin = await service.bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
    service.bff.sandbox.createUser(appId, { userId: 'spared' })
    const person = await service.bff.signIn({ userId: 'spared' })
    const headers = { ...admin, 'idempotency-key': 'k2' }
    const call = () => service.bff.call('DELETE', '/v1.1/appusers/spared', { headers })
    expect((await stopMeanwhile(call, 1, service.stop)).status).toBe(503)
    service.goOn()
    await back()
    expect((await service.bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(200)
    expect((await call()).status).toBe(200)
    expect((await service.bff.call('GET', '/v1.1/appusers/me', { headers: person })).status).toBe(401)
    expect(service.bff.sandbox.user(appId, 'spared')).toBeUndefined()
  })
})
