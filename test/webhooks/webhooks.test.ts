/** The vendor's webhooks, sent by the stand-in and by hand, and the command that registers them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { loadApps } from '../../config/apps.ts'
import { load } from '../../config/load.ts'
import { webhooks } from '../../src/webhooks/cli.ts'
import { appId, type Bff, type Carried, keyId, startBff } from '../support/bff.ts'
import { canaryKey, canaryPepper, canarySessionKey } from '../support/canaries.ts'
import { until } from '../support/until.ts'

const secret = 'test-webhook-secret-2f9a'
const path = `/webhooks/smooch/${appId}`

let bff: Bff
let staff: Carried
beforeAll(async () => {
  bff = await startBff({ env: { SMOOCH_WEBHOOK_SECRET: `old-${secret},${secret}` } })
  staff = await bff.signIn({ roles: ['admin'], actor: { id: 'staff' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

let count = 0
const person = () => {
  count += 1
  const userId = `w-${count}`
  return { userId, _id: bff.sandbox.createUser(appId, { userId, givenName: 'old' })._id }
}
const status = async (id: string) => (await bff.call('GET', `/v1.1/appusers/${id}`, { headers: staff })).headers.get('cache-status') ?? ''
const deliver = (json: unknown, key: string | undefined = secret) =>
  bff.call('POST', path, { headers: key === undefined ? {} : { 'x-api-key': key }, json })
const event = (trigger: string, rest: object) => ({ trigger, app: { _id: appId }, version: 'v1.1', new: { of: 'the vendor' }, ...rest })

describe('a delivery', () => {
  test.each(['client:add', 'client:remove', 'link:match', 'link:success', 'link:failure', 'conversation:start', 'appUser:delete'])(
    '%s, which names the smoochId alone, drops the copy under both names',
    async (trigger) => {
      const it = person()
      for (const id of [it.userId, it._id]) await status(id)
      expect((await deliver(event(trigger, { appUser: { _id: it._id } }))).status).toBe(200)
      for (const id of [it.userId, it._id]) expect(await status(id)).toContain('fwd=miss')
    },
  )

  test('of a merge drops the survivor and everyone discarded', async () => {
    const [a, b, c] = [person(), person(), person()]
    for (const { userId } of [a, b, c]) await status(userId)
    await deliver(event('merge:appUser', { surviving: a, discarded: [{ _id: b._id }, c] }))
    for (const { userId } of [a, b, c]) expect(await status(userId)).toContain('fwd=miss')
  })

  test('of a merge in which one of the discarded is no person drops the others', async () => {
    const [a, b] = [person(), person()]
    for (const { userId } of [a, b]) await status(userId)
    await deliver(event('merge:appUser', { surviving: a, discarded: [null, 'x', { _id: b._id }] }))
    for (const { userId } of [a, b]) expect(await status(userId)).toContain('fwd=miss')
  })

  test('that comes twice, late or out of order does no harm', async () => {
    const it = person()
    const late = event('appUser:delete', { appUser: { _id: 'f'.repeat(24), userId: it.userId } })
    await bff.call('DELETE', `/v1.1/appusers/${it.userId}`, { headers: staff })
    await bff.call('POST', '/v1.1/appusers', { headers: staff, json: { userId: it.userId, givenName: 'again' } })
    for (let i = 0; i < 3; i += 1) expect((await deliver(late)).status).toBe(200)
    const answer = await bff.call('GET', `/v1.1/appusers/${it.userId}`, { headers: staff })
    expect([answer.status, answer.json.appUser.givenName]).toEqual([200, 'again'])
  })

  test('about somebody else does not end the tombstone of a deleted user; the right one does', async () => {
    const it = person()
    await status(it.userId)
    await bff.call('DELETE', `/v1.1/appusers/${it._id}`, { headers: staff })
    await sleep(20)
    await deliver(event('appUser:delete', { appUser: { _id: 'e'.repeat(24), userId: it.userId } }))
    bff.sandbox.createUser(appId, { userId: it.userId })
    expect(await status(it.userId)).toContain('fwd=bypass')
    await deliver(event('appUser:delete', { appUser: it }))
    expect(await status(it.userId)).toContain('fwd=miss')
  })

  test.each([
    ['an unknown trigger', event('whatever:new', { appUser: 7 })],
    ['a message', event('message:appUser', { messages: [] })],
    ['a known trigger with nothing sensible in it', event('client:add', { appUser: [null, 7, { _id: 5 }] })],
    ['no trigger at all', {}],
  ])('with %s is taken', async (_name, json) => {
    expect((await deliver(json)).status).toBe(200)
  })

  test('with a wrong secret, or none, is refused for good and drops nothing', async () => {
    const it = person()
    await status(it.userId)
    for (const key of ['', 'x', `${secret}x`]) {
      const answer = await deliver(event('client:add', { appUser: it }), key)
      expect([answer.status, answer.json.error.code]).toEqual([401, 'invalid_webhook_secret'])
    }
    expect(await status(it.userId)).toContain('hit')
  })

  test('that is not JSON is refused for good, and other methods and apps are', async () => {
    const headers = { 'x-api-key': secret }
    expect((await bff.call('POST', path, { headers, body: '{' })).status).toBe(400)
    expect((await bff.call('GET', path)).status).toBe(405)
    expect((await bff.call('POST', '/webhooks/smooch/000000000000000000000000', { headers, json: {} })).status).toBe(404)
    expect((await bff.call('HEAD', path)).status).toBe(200)
  })

  test('before the secret is set is asked to come again', async () => {
    await using other = await startBff()
    const answer = await other.call('POST', path, { headers: { 'x-api-key': secret }, json: {} })
    expect([answer.status, answer.json.error.code]).toEqual([503, 'webhook_not_ready'])
  })
})

describe('npm run webhooks', () => {
  const run = async (...words: string[]) => {
    const lines: string[] = []
    const { settings } = load({
      SMOOCH_BASE_URL: bff.sandbox.url,
      SMOOCH_APP_ID: appId,
      SMOOCH_KEY_ID: keyId,
      SMOOCH_KEY_SECRET: canaryKey,
      SESSION_KEYS: `k1:${canarySessionKey}`,
      SESSION_PEPPERS: `p1:${canaryPepper}`,
      PUBLIC_ORIGIN: bff.app.publicUrl,
    })
    await webhooks(words, settings, loadApps(settings), (line) => lines.push(line))
    return lines.join('\n')
  }

  test('registers once, lists without the secret, and deletes', async () => {
    const registered = await run('register')
    const id = registered.slice(0, 24)
    expect(registered).toMatch(/^\w{24} registered for http.*\/bff\/webhooks\/smooch\/\w+\nSet SMOOCH_WEBHOOK_SECRET=\S+$/)
    expect(await run('register')).toContain('already')
    const listed = await run('list')
    expect([listed.includes(id), listed.includes(registered.split('=')[1]!)]).toEqual([true, false])
    await run('delete', id)
    expect(await run('list')).toBe('')
    await expect(run('list', '--app', appId, '--app', 'y')).rejects.toThrow('--app is there twice')
    await expect(run('list', '--nonsense')).rejects.toThrow("Unknown option '--nonsense'; usage: ")
    await expect(run('nonsense')).rejects.toThrow('usage')
    await expect(run('list', 'more')).rejects.toThrow('unexpected argument "more"')
    await expect(run('register', 'ftp://a.example')).rejects.toThrow('must begin with https:// or http://')
  })

  test('what it registers works: a client added elsewhere shows at once', async () => {
    bff.sandbox.addWebhook(appId, { target: `${bff.app.publicUrl}/bff${path}`, secret, triggers: ['appUser:delete'] })
    const it = person()
    await status(it.userId)
    await fetch(`${bff.sandbox.url}/v1.1/apps/${appId}/appusers/${it._id}`, {
      method: 'DELETE',
      headers: { authorization: `Basic ${Buffer.from(`${keyId}:${canaryKey}`).toString('base64')}` },
    })
    await until(async () => (await status(it.userId)) === '')
    expect((await bff.call('GET', `/v1.1/appusers/${it.userId}`, { headers: staff })).status).toBe(404)
  })
})
