/** Faults on demand. */
import { describe, expect, test } from '@jest/globals'
import { until } from '../../support/until.ts'
import { appId, basic, start } from './start.ts'

const people = [{ userId: 'u' }, { userId: 'v' }]

describe('a fault', () => {
  test('answers with any status and body, for as many times and for the operation it says', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ operation: 'get_app_user', status: 503, times: 1 })
    it.sandbox.fault({ operation: 'get_app_user', status: 503, retryAfter: 2, body: { any: 'thing' }, times: 1 })
    it.sandbox.fault({ operation: 'get_app_user', status: 502, body: 'bad gateway', headers: { 'x-odd': 'yes' }, times: 1 })
    expect((await it.ask('PUT', '/appusers/u', {})).status).toBe(200)
    const [first, second, third, fourth] = [
      await it.ask('GET', '/appusers/u'),
      await it.ask('GET', '/appusers/u'),
      await it.ask('GET', '/appusers/u'),
      await it.ask('GET', '/appusers/u'),
    ]
    expect([first.status, first.body.error.code, first.headers.get('retry-after')]).toEqual([503, 'internal_server_error', null])
    expect([second.status, second.body, second.headers.get('retry-after')]).toEqual([503, { any: 'thing' }, '2'])
    expect([third.status, third.text, third.headers.get('content-type'), third.headers.get('x-odd')]).toEqual([
      ...[502, 'bad gateway', 'text/plain; charset=utf-8', 'yes'],
    ])
    expect(fourth.status).toBe(200)
  })

  test('a 429 says when to come back, unless told not to', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ status: 429, times: 1 })
    it.sandbox.fault({ status: 429, retryAfter: false, times: 1 })
    const [one, two] = [await it.ask('GET', '/appusers/u'), await it.ask('GET', '/appusers/u')]
    expect([one.status, one.headers.get('retry-after'), one.body.error.code]).toEqual([429, '1', 'too_many_requests'])
    expect([two.status, two.headers.get('retry-after')]).toEqual([429, null])
  })

  test('keeps to one user, by whichever name, also in a body', async () => {
    await using it = await start({ people })
    const { _id } = it.sandbox.user(appId, 'u')!
    it.sandbox.fault({ userId: 'u', status: 500 })
    const statusOf = async (method: string, path: string, body?: unknown) => (await it.ask(method, path, body)).status
    expect(await statusOf('GET', '/appusers/u')).toBe(500)
    expect(await statusOf('GET', `/appusers/${_id}`)).toBe(500)
    expect(await statusOf('GET', '/appusers/v')).toBe(200)
    expect(await statusOf('POST', '/appusers', { userId: 'u' })).toBe(500)
    expect(await statusOf('POST', '/appusers/merge', { surviving: { _id: 'x' }, discarded: { _id } })).toBe(500)
    it.sandbox.clearFaults()
    expect(await statusOf('GET', '/appusers/u')).toBe(200)
  })

  test('answers a page, a redirect', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ html: '<h1>hello</h1>', times: 1 })
    it.sandbox.fault({ html: '<h1>sorry</h1>', status: 502, times: 1 })
    it.sandbox.fault({ redirect: 'http://127.0.0.1:9/', times: 1 })
    const page = await it.ask('GET', '/appusers/u')
    expect([page.status, page.headers.get('content-type'), page.text]).toEqual([200, 'text/html; charset=utf-8', '<h1>hello</h1>'])
    expect((await it.ask('GET', '/appusers/u')).status).toBe(502)
    const moved = await it.ask('GET', '/appusers/u')
    expect([moved.status, moved.headers.get('location')]).toEqual([302, 'http://127.0.0.1:9/'])
  })

  test('resets the connection, before or after the operation is carried out', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ operation: 'delete_app_user', reset: true, times: 1 })
    await expect(it.ask('DELETE', '/appusers/u')).rejects.toThrow()
    expect(it.sandbox.user(appId, 'u')).toBeDefined()
    it.sandbox.fault({ operation: 'delete_app_user', reset: true, applied: true, times: 1 })
    await expect(it.ask('DELETE', '/appusers/u')).rejects.toThrow()
    expect(it.sandbox.user(appId, 'u')).toBeUndefined()
    expect(it.sandbox.requests).toMatchObject([
      { applied: false, status: null, state: 'aborted' },
      { applied: true, status: null, state: 'aborted' },
    ])
  })

  test('is late before the operation, or after it', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ operation: 'get_app_user', latency: 1_000, applied: true, times: 1 })
    it.sandbox.fault({ operation: 'get_app_user', latency: 1_000, times: 1 })
    const arrived = async (count: number) => {
      await until(() => it.sandbox.requests.length >= count)
    }
    const stale = it.ask('GET', '/appusers/u')
    await arrived(1)
    const fresh = it.ask('GET', '/appusers/u')
    await arrived(2)
    await it.ask('PUT', '/appusers/u', { givenName: 'Mina' })
    expect((await stale).body.appUser).not.toHaveProperty('givenName')
    expect((await fresh).body.appUser.givenName).toBe('Mina')
  })

  test('never answers, or never ends, until the caller goes', async () => {
    await using it = await start({ people })
    it.sandbox.fault({ hang: true, applied: true, operation: 'delete_app_user' })
    it.sandbox.fault({ endless: true, operation: 'get_app_user' })
    const url = `${it.sandbox.url}/v1.1/appusers/v`
    const headers = { authorization: basic() }
    const leave = new AbortController()
    const deleting = fetch(url, { method: 'DELETE', headers, signal: leave.signal })
    await until(() => !it.sandbox.user(appId, 'v'))
    leave.abort()
    await expect(deleting).rejects.toThrow()
    const stop = new AbortController()
    const answer = await fetch(url, { headers, signal: stop.signal })
    let bytes = 0
    for await (const chunk of answer.body!) {
      bytes += chunk.length
      if (bytes > 1_000_000) break
    }
    stop.abort()
    expect(bytes).toBeGreaterThan(1_000_000)
    await until(() => it.sandbox.requests.every(({ state }) => state === 'aborted'))
    expect(it.sandbox.requests).toMatchObject([
      { applied: true, status: null, state: 'aborted' },
      { status: 200, state: 'aborted' },
    ])
  })

  test('that is misspelt is refused', async () => {
    await using it = await start()
    expect(() => it.sandbox.fault({ staus: 500 } as object)).toThrow('staus')
    expect(() => it.sandbox.fault({ status: 99 })).toThrow('200 to 599')
  })
})
