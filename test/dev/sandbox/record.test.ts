/** The record of requests, odd requests, and steering over HTTP. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../../src/dev/sandbox/sandbox.ts'
import { until } from '../../support/until.ts'
import { appId, basic, start } from './start.ts'

/** Bytes as they are, and all that comes back. */
async function raw({ origin }: Sandbox, text: string, hangUp = false): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.on('error', () => undefined)
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk
  })
  socket.write(text)
  if (hangUp) setTimeout(() => socket.destroy(), 30)
  await once(socket, 'close')
  return answer
}

const head = (line: string, more = '') => `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic()}\r\nConnection: close\r\n${more}\r\n`

describe('the record', () => {
  test('holds each request as it came, matched by a route or not', async () => {
    await using it = await start({ people: [{ userId: 'a b' }] })
    await it.ask('PUT', '/appusers/a%20b?x=%2C', { surname: 'O' }, { 'x-mine': '1' })
    await it.ask('PATCH', '/v1.1/nowhere', 'text')
    expect(it.sandbox.requests).toMatchObject([
      {
        ...{ n: 1, method: 'PUT', url: `/v1.1/apps/${appId}/appusers/a%20b?x=%2C`, operation: 'update_app_user', body: { surname: 'O' } },
        ...{ applied: true, status: 200, state: 'completed', headers: { 'x-mine': '1', authorization: basic() } },
      },
      { n: 2, method: 'PATCH', url: '/v1.1/nowhere', operation: null, body: 'text', applied: false, status: 404, state: 'completed' },
    ])
    expect(Date.now() - Date.parse(it.sandbox.requests[0]!.time)).toBeLessThan(30_000)
    it.sandbox.clearRequests()
    await it.ask('GET', '/appusers/x')
    expect(it.sandbox.requests).toMatchObject([{ n: 3 }])
  })

  test('takes dot segments as they come and never folds them', async () => {
    await using it = await start({ people: [{ userId: '..' }, { userId: 'u' }] })
    const base = `/v1.1/apps/${appId}/appusers`
    for (const path of [`${base}/..`, `${base}/%2e%2e/profile`]) {
      expect(await raw(it.sandbox, head(`DELETE ${path}`))).toMatch(/^HTTP\/1.1 200 /)
      expect(it.sandbox.requests.at(-1)).toMatchObject({ url: path, applied: true })
      it.sandbox.reset()
    }
    expect(await raw(it.sandbox, head(`DELETE ${base}/u/channels/..`))).toMatch(/^HTTP\/1.1 404 /)
    expect(await raw(it.sandbox, head(`DELETE ${base}/u/../..`))).toMatch(/^HTTP\/1.1 404 /)
    expect(await raw(it.sandbox, head(`GET ${base}/%zz`))).toMatch(/^HTTP\/1.1 400 [\s\S]*bad_request/)
    expect(await raw(it.sandbox, head(`GET ${base}//profile`))).toMatch(/^HTTP\/1.1 404 /)
    expect(await raw(it.sandbox, head(`GET ${base}/u/`))).toMatch(/^HTTP\/1.1 200 /)
  })

  test('counts what is not HTTP, what is too large, and what broke off', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    expect(await raw(it.sandbox, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    const large = await it.ask('PUT', '/appusers/u', { givenName: 'x'.repeat(110_000) })
    expect([large.status, large.body.error.code]).toEqual([413, 'request_entity_too_large'])
    const put = head(`PUT /v1.1/apps/${appId}/appusers/u`, 'Content-Type: application/json\r\nContent-Length: 100\r\n')
    await raw(it.sandbox, `${put}{"given`, true)
    const form = 'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n'
    const part = '--x\r\nContent-Disposition: form-data; name="source"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nabc'
    await raw(it.sandbox, head(`POST /v1.1/apps/${appId}/appusers/u/images`, form) + part, true)
    await until(() => it.sandbox.requests.filter(({ state }) => state === 'aborted').length === 2)
    expect(it.sandbox.requests).toMatchObject([
      { operation: null, status: 400 },
      { status: 413, state: 'completed', applied: false },
      { operation: 'update_app_user', status: null, state: 'aborted', applied: false },
      { operation: 'post_image_message', status: null, state: 'aborted', applied: false },
    ])
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
  })
})

describe('steering', () => {
  test('reads and clears the record, adds and clears faults, resets, and needs no credential', async () => {
    await using it = await start({ prefix: '/sc', people: [{ userId: 'u' }], switches: { confirmLinksAfter: 'never' } })
    const steer = async (method: string, path: string, body?: unknown) => {
      const json = { 'content-type': 'application/json' }
      const answer = await fetch(`${it.sandbox.origin}/__sandbox/${path}`, {
        method,
        ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: await answer.json() }
    }
    await it.ask('GET', '/appusers/u')
    await it.ask('GET', '/appusers/x')
    expect((await steer('GET', 'requests')).body.requests).toHaveLength(2)
    expect((await steer('GET', 'requests?since=1')).body.requests).toMatchObject([{ n: 2, status: 404 }])
    expect(await steer('DELETE', 'requests')).toEqual({ status: 200, body: {} })
    expect(
      (
        await steer('POST', 'faults', [
          { status: 500, times: 1 },
          { status: 418, times: 1 },
        ])
      ).status,
    ).toBe(200)
    expect((await it.ask('GET', '/appusers/u')).status).toBe(500)
    await steer('DELETE', 'faults')
    expect((await it.ask('GET', '/appusers/u')).status).toBe(200)
    expect((await steer('POST', 'faults', { oops: 1 })).status).toBe(400)

    await it.ask('POST', '/appusers/u/channels', { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: 'immediate' } })
    expect((await steer('POST', 'confirm-link', { userId: 'u' })).body.appUser.clients).toHaveLength(1)
    expect((await steer('POST', 'confirm-link', { userId: 'u' })).status).toBe(404)
    expect((await steer('GET', 'users')).body.users).toMatchObject([{ appId, appUser: { userId: 'u' } }])
    expect((await steer('GET', 'apps')).body.apps).toMatchObject([{ appId, deleted: false }])

    await it.ask('DELETE', '/appusers/u')
    await steer('POST', 'reset')
    expect((await steer('GET', 'users')).body.users).toMatchObject([{ appUser: { userId: 'u', clients: [] } }])
    expect((await steer('GET', 'requests')).body).toEqual({ requests: [] })
    expect((await steer('GET', 'nothing')).status).toBe(404)
  })
})
