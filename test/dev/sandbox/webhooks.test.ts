/** Webhooks of the stand-in: managed as at the vendor, delivered in the background. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { until } from '../../support/until.ts'
import { appId, start } from './start.ts'

interface Received {
  method: string | undefined
  key: unknown
  payload: { trigger: string; appUser: object } | undefined
}

/** A target that answers with the statuses given, the last of them for good. */
async function target(...statuses: number[]) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    received.push({ method: request.method, key: request.headers['x-api-key'], payload: text ? JSON.parse(text) : undefined })
    const status = request.method === 'HEAD' ? 200 : ((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200)
    response.writeHead(status, { connection: 'close' }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    of: (trigger: string) => received.find(({ payload }) => payload?.trigger === trigger)?.payload,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

describe('webhooks', () => {
  test('are made, listed, read and deleted; the target is asked for with HEAD first', async () => {
    await using hook = await target()
    await using it = await start()
    const made = await it.ask('POST', '/webhooks', { target: hook.url, triggers: ['appUser:delete'] })
    expect(made.status).toBe(201)
    expect(hook.received).toMatchObject([{ method: 'HEAD' }])
    const { webhook } = made.body
    expect(webhook).toEqual({
      ...{ _id: expect.stringMatching(/^[0-9a-f]{24}$/), target: hook.url, triggers: ['appUser:delete'], secret: expect.any(String) },
      ...{ version: 'v1.1', includeClient: false, includeFullAppUser: false },
    })
    expect((await it.ask('GET', '/webhooks')).body).toEqual({ webhooks: [webhook] })
    expect((await it.ask('GET', `/v1.1/webhooks/${webhook._id}`)).body).toEqual({ webhook })
    expect((await it.ask('DELETE', `/webhooks/${webhook._id}`)).status).toBe(200)
    expect((await it.ask('DELETE', `/webhooks/${webhook._id}`)).body.error.code).toBe('webhook_not_found')
    expect((await it.ask('GET', '/webhooks')).body).toEqual({ webhooks: [] })
  })

  test('are refused without a live target, with triggers of another version, and above ten', async () => {
    await using hook = await target()
    await using it = await start()
    const statusOf = async (body: unknown) => (await it.ask('POST', '/webhooks', body)).status
    expect(await statusOf({ target: 'http://127.0.0.1:1/', triggers: ['appUser:delete'] })).toBe(400)
    expect(await statusOf({ target: 'file:///etc', triggers: ['appUser:delete'] })).toBe(400)
    for (const triggers of [undefined, [], ['user:update'], '*']) expect(await statusOf({ target: hook.url, triggers })).toBe(400)
    for (let i = 0; i < 10; i++) expect(await statusOf({ target: hook.url, triggers: ['appUser:delete'] })).toBe(201)
    expect(await statusOf({ target: hook.url, triggers: ['appUser:delete'] })).toBe(400)
  })

  test('tell of a delete only after its answer, with the secret in X-API-Key', async () => {
    await using hook = await target()
    await using it = await start({ people: [{ userId: 'u' }], webhook: { target: hook.url, secret: 'hook-secret' } })
    const { _id } = it.sandbox.user(appId, 'u')!
    await it.ask('DELETE', '/appusers/u')
    expect(hook.of('appUser:delete')).toBeUndefined()
    const payload = await until(() => hook.of('appUser:delete'))
    expect(payload).toEqual({
      ...{ trigger: 'appUser:delete', app: { _id: appId }, version: 'v1.1' },
      appUser: { _id, userId: 'u', conversationStarted: false },
    })
    expect(hook.received).toHaveLength(2)
    expect(hook.received).toContainEqual(expect.objectContaining({ method: 'HEAD' }))
    expect(hook.received.find(({ method }) => method === 'POST')?.key).toBe('hook-secret')
  })

  test('tell of merges, links, channels and the start of a conversation', async () => {
    await using hook = await target()
    const people = [{ _id: 'a'.repeat(24), userId: 'a' }, { _id: 'b'.repeat(24) }, { userId: 'c' }]
    await using it = await start({ people, switches: { confirmLinksAfter: 'never' } })
    it.sandbox.addWebhook(appId, { target: hook.url })
    await it.ask('POST', '/appusers/merge', { surviving: { _id: 'a'.repeat(24) }, discarded: { _id: 'b'.repeat(24) } })
    expect(await until(() => hook.of('merge:appUser'))).toMatchObject({
      surviving: { _id: 'a'.repeat(24), userId: 'a', conversationStarted: false },
      discarded: [{ _id: 'b'.repeat(24), conversationStarted: false }],
    })

    const sms = { type: 'twilio', phoneNumber: '+1 514-555-0100', confirmation: { type: 'immediate' } }
    await it.ask('POST', '/appusers/a/channels', sms)
    const expected = { appUser: { _id: 'a'.repeat(24) }, channel: 'twilio', criteria: { phoneNumber: '+15145550100' } }
    expect(await until(() => hook.of('link:match'))).toMatchObject(expected)
    it.sandbox.confirmLink(appId, 'a')
    expect(await until(() => hook.of('link:success'))).toMatchObject(expected)
    expect(await until(() => hook.of('client:add'))).toMatchObject({ appUser: { userId: 'a' }, client: { platform: 'twilio' } })
    await it.ask('DELETE', '/appusers/a/channels/twilio')
    expect(await until(() => hook.of('client:remove'))).toMatchObject({ appUser: { userId: 'a' }, client: { platform: 'twilio' } })
    await it.ask('POST', '/appusers/c/channels', sms)
    it.sandbox.failLink(appId, 'c', { message: 'No such number' })
    expect(await until(() => hook.of('link:failure'))).toMatchObject({ error: { code: 'bad_request', message: 'No such number' } })

    const form = new FormData()
    form.set('source', new Blob(['x'], { type: 'image/png' }), 'x.png')
    form.set('role', 'appUser')
    await it.ask('POST', '/appusers/c/images', form)
    expect(await until(() => hook.of('conversation:start'))).toMatchObject({
      ...{ source: { type: 'api' }, timestamp: expect.any(Number) },
      appUser: { userId: 'c', conversationStarted: true, properties: {} },
    })
  })

  test('carry the whole user when asked to, and only the triggers asked for', async () => {
    await using hook = await target()
    await using it = await start({ people: [{ userId: 'u', givenName: 'Mina' }], switches: { deletionTakes: 0 } })
    it.sandbox.addWebhook(appId, { target: hook.url, triggers: ['appUser:delete'], includeFullAppUser: true })
    await it.ask('POST', '/appusers/u/channels', { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'prompt' } })
    await it.ask('DELETE', '/appusers/u')
    expect((await until(() => hook.of('appUser:delete'))).appUser).toMatchObject({ givenName: 'Mina', properties: {} })
    expect(hook.of('link:match')).toBeUndefined()
  })

  test('are delivered again after a failure, but not after a refusal', async () => {
    await using flaky = await target(500, 503, 200)
    await using closed = await target(403)
    await using it = await start({ people: [{ userId: 'u' }], switches: { deletionTakes: 0 } })
    for (const { url } of [flaky, closed]) it.sandbox.addWebhook(appId, { target: url })
    await it.ask('DELETE', '/appusers/u')
    const posts = (received: Received[]) => received.filter(({ method }) => method === 'POST').length
    await until(() => posts(flaky.received) === 3)
    expect(posts(closed.received)).toBe(1)
  })
})
