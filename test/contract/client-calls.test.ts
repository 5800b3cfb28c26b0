/** The typed client beside the plain call: why a call is made, what its headers say, sessions and tokens, repeats, an end to waiting. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { type Client, ClientError, createClient } from '../../src/contract/client.ts'
import { type Bff, mina, startBff } from '../support/bff.ts'
import { bffOfFile } from '../support/bff-of-file.ts'
import { audience, startWithProvider } from '../support/with-provider.ts'

const base = (bff: Bff) => `${bff.app.publicUrl}/bff`
const admin = { actor: { id: 'admin-1' }, roles: ['admin' as const, 'auditor' as const] }
const tokenOf = async (bff: Bff, ...mint: Parameters<Bff['signIn']>) => (await bff.signIn(...mint))['authorization']!.replace('Bearer ', '')

const failure = async (call: Promise<unknown>): Promise<ClientError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ClientError)
  return error as ClientError
}

/** A network whose first sends fail, each in its way; it counts what was tried. */
const network = (...failures: ((send: () => Promise<Response>) => Promise<Response>)[]) => {
  const tried: string[] = []
  const send: typeof fetch = async (target, init) => {
    tried.push(`${init?.method} ${new URL(String(target)).pathname}`)
    return await (failures.shift() ?? ((now) => now()))(() => fetch(target, init))
  }
  return { send, tried }
}
const unreachable = () => Promise.reject(new TypeError('fetch failed'))
const lost = async (send: () => Promise<Response>) => {
  await send()
  throw new TypeError('terminated')
}
const status =
  (code: number, headers: Record<string, string> = {}) =>
  async () =>
    Response.json({ error: { code: 'overloaded', description: '' } }, { status: code, headers })

const service = bffOfFile()

describe('why a call is made', () => {
  test('goes along and is in the journal, a note in letters that no header holds', async () => {
    const bff = service()
    bff.sandbox.createUser(bff.sandbox.apps[0]!.appId, { userId: 'cust-1' })
    const token = await tokenOf(bff, admin)
    const staff = createClient({ base: base(bff), token })
    const { meta } = await staff.delete_app_user(
      { userId: 'cust-1' },
      { reason: 'gdpr_request', ticket: 'PRIV-2231', note: 'Wunsch vom 3. März 🙂' },
    )
    expect(meta).toMatchObject({ status: 200, replayed: false, audit: { operation: /^op_/, receipt: expect.any(Number), pending: false } })
    const operation = `/ops/api/operations/${meta.audit!.operation}`
    const headers = { authorization: `Bearer ${token}` }
    const { json } = await bff.call('GET', operation, { headers })
    expect(json.events[0]).toMatchObject({ kind: 'intent', reason: { code: 'gdpr_request', ticket: 'PRIV-2231' } })
    expect((await bff.call('POST', `${operation}/reveal`, { headers })).text).toContain('Wunsch vom 3. März 🙂')
  })

  test('one key makes one deletion, and the repeat says that it is one', async () => {
    const bff = service()
    bff.sandbox.createUser(bff.sandbox.apps[0]!.appId, { userId: 'cust-3' })
    const staff = createClient({ base: base(bff), token: await tokenOf(bff, admin) })
    const idempotencyKey = randomUUID()
    const first = await staff.delete_app_user({ userId: 'cust-3' }, { idempotencyKey })
    const again = await staff.delete_app_user({ userId: 'cust-3' }, { idempotencyKey })
    expect(again.meta).toMatchObject({ replayed: true, audit: { operation: first.meta.audit!.operation, receipt: undefined } })
    expect(bff.sandbox.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })
})

describe('what the headers of an answer say', () => {
  test('is beside the answer, and in no copy of it', async () => {
    await using bff = await startBff({ env: { LIMIT_READS: '7' } })
    const self = createClient({ base: base(bff), token: await tokenOf(bff) })
    await self.get_app_user({ userId: 'me' })
    const answer = await self.get_app_user({ userId: 'me' })
    expect(answer.meta).toMatchObject({
      status: 200,
      requestId: expect.stringMatching(/^req_/),
      cacheStatus: expect.stringMatching(/^smooch-bff; hit; ttl=\d+$/),
      rateLimit: { name: 'reads', remaining: 5, resetSeconds: expect.any(Number) },
      audit: undefined,
      retryAfter: undefined,
    })
    expect(Object.keys(answer)).toEqual(['appUser'])
    expect(JSON.stringify(answer)).not.toContain('requestId')
  })

  test('is on an error too: which event tells of the call that failed', async () => {
    const bff = service()
    const staff = createClient({ base: base(bff), token: await tokenOf(bff, admin) })
    bff.sandbox.fault({ operation: 'delete_app_user', status: 409, times: 1 })
    expect(await failure(staff.delete_app_user({ userId: mina.userId }))).toMatchObject({
      status: 409,
      audit: { operation: expect.stringMatching(/^op_/), receipt: expect.any(Number) },
    })
  })
})

describe('the session', () => {
  test('tells who is signed in, and ends', async () => {
    const bff = service()
    const self = createClient({ base: base(bff), token: await tokenOf(bff) })
    expect(await self.session()).toMatchObject({ signedIn: true, userId: mina.userId, kind: 'bearer' })
    expect(await self.signOut()).toEqual({})
    expect(await self.session()).toEqual({ signedIn: false })
    expect(await failure(self.get_app_user({ userId: 'me' }))).toMatchObject({ code: 'unauthorized' })
  })

  test('a page gets a new cookie in place of the old one', async () => {
    const bff = service()
    let cookie = (await bff.signIn({ kind: 'cookie' }))['cookie']!
    const browser: typeof fetch = async (target, init) => {
      expect(init?.credentials).toBe('same-origin')
      const headers = [...(init!.headers as [string, string][]), ['cookie', cookie], ['sec-fetch-site', 'same-origin']] as [
        string,
        string,
      ][]
      const answer = await fetch(target, { ...init, headers })
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return answer
    }
    const page = createClient({ base: base(bff), fetch: browser })
    const before = cookie
    expect(await page.refresh()).toMatchObject({ sessionId: expect.any(String), expiresAt: expect.any(String) })
    expect(cookie).not.toBe(before)
    expect(await page.session()).toMatchObject({ signedIn: true })
  })

  test('a mobile app refreshes by itself once for all calls that were refused together', async () => {
    await using it = await startWithProvider()
    const now = Math.floor(Date.now() / 1000)
    const subject = await it.provider.sign({ sub: 'mobile-1', aud: audience, iat: now, exp: now + 300, jti: randomUUID() })
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: subject,
    }
    let tokens = (await it.bff.call('POST', '/auth/session', { json: grant })).json as { access_token: string; refresh_token: string }
    const good = tokens.access_token
    tokens = { ...tokens, access_token: `${good.slice(0, -4)}AAAA` }
    const { send, tried } = network()
    let asked = 0
    const app: Client = createClient({
      base: base(it.bff),
      fetch: send,
      token: async (refused) => {
        if (refused !== undefined) {
          asked += 1
          tokens = await app.refresh(tokens.refresh_token)
        }
        return tokens.access_token
      },
    })
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.get_app_user({ userId: 'me' })))
    expect(answers.map(({ appUser }) => appUser.userId)).toEqual(Array(4).fill('mobile-1'))
    expect([asked, tried.filter((it) => it.endsWith('/auth/refresh')).length]).toEqual([1, 1])
    expect(await failure(app.refresh('nonsense'))).toMatchObject({ code: 'invalid_grant', status: 401 })
  })

  test('a token that stays refused is not asked for in a circle', async () => {
    const bff = service()
    const { send, tried } = network()
    const client = createClient({ base: base(bff), fetch: send, token: (refused) => refused ?? 'junk' })
    expect(await failure(client.get_app_user({ userId: 'me' }))).toMatchObject({ code: 'unauthorized' })
    expect(tried).toHaveLength(1)
    const changing = createClient({ base: base(bff), fetch: send, token: (refused) => (refused ? 'other' : 'junk') })
    expect(await failure(changing.get_app_user({ userId: 'me' }))).toMatchObject({ code: 'unauthorized' })
    expect(tried).toHaveLength(3)
  })
})

describe('a repeat', () => {
  test('brings a read through two lost answers, and no further', async () => {
    const bff = service()
    const token = await tokenOf(bff)
    const twice = network(unreachable, status(503, { 'Retry-After': '0' }))
    expect(await createClient({ base: base(bff), token, fetch: twice.send }).get_app_user({ userId: 'me' })).toMatchObject({
      appUser: { userId: mina.userId },
    })
    expect(twice.tried).toHaveLength(3)
    const thrice = network(unreachable, unreachable, unreachable)
    await expect(createClient({ base: base(bff), token, fetch: thrice.send }).get_app_user({ userId: 'me' })).rejects.toThrow(
      'fetch failed',
    )
    const none = network(unreachable)
    const client = createClient({ base: base(bff), token, fetch: none.send, retries: 0 })
    await expect(client.get_app_user({ userId: 'me' })).rejects.toThrow('fetch failed')
    expect([thrice.tried.length, none.tried.length]).toEqual([3, 1])
  })

  test('is left to the caller when the wait is long, and when the answer is final', async () => {
    const long = network(status(503, { 'Retry-After': '60' }))
    const final = network(status(404))
    for (const { send } of [long, final]) await failure(createClient({ base: 'http://bff', fetch: send }).get_app_user({ userId: 'me' }))
    expect([long.tried.length, final.tried.length]).toEqual([1, 1])
  })

  test('never happens to what changes or reveals something, unless a key makes it one call', async () => {
    const bff = service()
    const staff = async (...failures: Parameters<typeof network>) => {
      const it = network(...failures)
      return { ...it, client: createClient({ base: base(bff), token, fetch: it.send }) }
    }
    const token = await tokenOf(bff, admin)
    const source = new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47])])
    const calls: ((client: Client) => Promise<unknown>)[] = [
      (it) => it.update_app_user({ userId: mina.userId, body: { surname: 'Lind' } }),
      (it) => it.post_image_message({ userId: mina.userId, role: 'appMaker', source }),
      (it) => it.pre_create_app_user({ body: { userId: 'cust-2' } }),
      (it) => it.delete_app_user({ userId: mina.userId }),
      (it) => it.get_app_user_auth_code({ userId: mina.userId }),
      (it) => it.signOut(),
    ]
    for (const call of calls) {
      const { client, tried } = await staff(unreachable)
      await expect(call(client)).rejects.toThrow('fetch failed')
      expect(tried).toHaveLength(1)
    }
    const { client, tried } = await staff(lost)
    const { meta } = await client.delete_app_user({ userId: mina.userId }, { idempotencyKey: randomUUID() })
    expect([meta.replayed, tried.length]).toEqual([true, 2])
    expect(bff.sandbox.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })
})

test('a signal ends the wait, in a call and between two of them', async () => {
  const during = new AbortController()
  const hanging: typeof fetch = (_target, init) =>
    new Promise((_resolve, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)))
  const call = createClient({ base: '/bff', fetch: hanging }).get_app_user({ userId: 'me' }, { signal: during.signal })
  during.abort(new Error('left the page'))
  await expect(call).rejects.toThrow('left the page')

  const between = new AbortController()
  const { send, tried } = network(status(503, { 'Retry-After': '9' }))
  const waiting = createClient({ base: 'http://bff', fetch: send }).get_app_user({ userId: 'me' }, { signal: between.signal })
  setTimeout(() => between.abort(new Error('left the page')), 50)
  await expect(waiting).rejects.toThrow('left the page')
  expect(tried).toHaveLength(1)
})
