/** A refusal said that a host, an origin, a path, a token or a body was wrong, and neither which nor where it is decided; of a body it named the first wrong field alone; HEAD was refused where GET reads. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { takesHead } from '../../../src/contract/operation.ts'
import { all } from '../../../src/contract/operations.ts'
import { ask, portOf } from '../../security/requests.ts'
import { type Answer, type Bff, type Carried, mina, png } from '../../support/bff.ts'
import { bffOfFile } from '../../support/bff-of-file.ts'
import { sendRaw } from '../../support/raw.ts'

const own = '/v1.1/appusers/me'
const whose = `/v1.1/appusers/${mina.userId}`

const production = {
  NODE_ENV: 'production',
  PUBLIC_ORIGIN: 'https://app.example.com',
  SMOOCH_BASE_URL: 'https://vendor.invalid',
  IN_PROCESS_STORE: 'on',
}

const inDevelopment = bffOfFile({ env: { SELF_PROPERTIES: 'language' } })
const inProduction = bffOfFile({ env: production })

/** The detail for the caller, and what the log says of it. */
const told = (bff: Bff, body: unknown) => ({
  detail: (body as { detail: string }).detail,
  logged: (bff.lines.findLast(({ msg }) => msg === 'request') as { cause?: { message: string } }).cause?.message,
})

describe('a foreign host', () => {
  const from = async (bff: Bff, host: string) => {
    const { first } = await sendRaw(portOf(bff), `GET /bff${own} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(first.status).toBe(421)
    return told(bff, first.json())
  }

  test('is named in development, with the hosts that are served and the setting that decides', async () => {
    const bff = inDevelopment()
    const { detail, logged } = await from(bff, 'app.local:3000')
    expect(detail).toMatch(
      /must stand in PUBLIC_ORIGIN.* The host is "app\.local:3000"\. This service answers to localhost:\d+, .*; PUBLIC_ORIGIN and STAFF_ORIGIN decide/,
    )
    expect(logged).toContain('The host is "app.local:3000".')
  })

  test('is named to nobody but the log in production', async () => {
    const bff = inProduction()
    const { detail, logged } = await from(bff, 'www.example.com')
    expect(detail).not.toMatch(/example\.com/)
    expect(logged).toMatch(/^The host is "www\.example\.com"\. This service answers to app\.example\.com, /)
  })

  test('makes no long refusal, however long it is', async () => {
    const bff = inDevelopment()
    const { detail } = await from(bff, 'x'.repeat(4_000))
    expect(detail.length).toBeLessThan(600)
  })
})

describe('a call with the cookie that is refused', () => {
  const cases: [string, Carried, RegExp][] = [
    [
      'a foreign origin',
      { Origin: 'http://localhost:5173', 'X-BFF-CSRF': '1' },
      /It came with Origin "http:\/\/localhost:5173" and .*; PUBLIC_ORIGIN /,
    ],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', 'X-BFF-CSRF': '1' }, /It came with no Origin and Sec-Fetch-Site "cross-site" to /],
    ['nothing that says where from', { 'X-BFF-CSRF': '1' }, /It came with no Origin and no Sec-Fetch-Site /],
  ]

  test.each(cases)('says why in development: %s', async (_what, headers, words) => {
    const bff = inDevelopment()
    const { cookie = '' } = await bff.signIn({ kind: 'cookie' })
    const answer = await bff.call('PUT', own, { headers: { cookie, ...headers }, json: { givenName: 'Mina' } })
    expect([answer.status, told(bff, answer.json)]).toEqual([
      403,
      { detail: expect.stringMatching(words), logged: expect.stringMatching(words) },
    ])
  })

  test('says so to the log alone in production', async () => {
    const bff = inProduction()
    const answer = await ask(bff, {
      path: own,
      lines: ['Host: app.example.com'],
      headers: { Cookie: '__Host-Http-bff=x', Origin: 'https://evil.example', 'X-BFF-CSRF': '1' },
    })
    const { detail, logged } = told(bff, JSON.parse(answer.body))
    expect(detail).not.toContain('evil.example')
    expect(logged).toContain('It came with Origin "https://evil.example"')
  })
})

let bff: Bff
let admin: Carried
let self: Carried
beforeAll(async () => {
  bff = inDevelopment()
  admin = await bff.signIn({ actor: { id: 'ada' }, roles: ['admin', 'agent'] })
  self = await bff.signIn()
})

test('a path that is not there says below which prefix the operations are, on either listener', async () => {
  for (const path of ['/v2/appusers/me', '/appusers/me', '/v1.1/appuser/me'])
    expect((await bff.call('GET', path)).json.detail).toContain('The operations are below /bff/v1.1, and /bff/docs describes them.')
  const outside = await fetch(`${bff.app.publicUrl}/v1.1/appusers/me`)
  expect(((await outside.json()) as { detail: string }).detail).toContain('below /bff/v1.1')
  expect((await bff.private('GET', '/bff/v1.1/appusers/me')).json.detail).toContain('This is the private listener')
})

test('a token that does not hold is told from none, as RFC 6750 says, on either listener', async () => {
  const challenge = async (answer: Promise<Answer>) => (await answer).headers.get('www-authenticate')
  for (const authorization of ['Bearer x', 'bearer a.b.c'])
    expect(await challenge(bff.call('GET', own, { headers: { authorization } }))).toMatch(/^Bearer error="invalid_token"/)
  for (const headers of [{}, { authorization: 'Basic eDp5' }, { authorization: 'Bearer' }])
    expect(await challenge(bff.call('GET', own, { headers: headers as Carried }))).toBe('Bearer')
  expect(await challenge(bff.private('GET', '/sessions', undefined, { authorization: 'Bearer x' }))).toMatch(/invalid_token/)
  expect(await challenge(bff.private('GET', '/sessions', undefined, {}))).toBe('Bearer')
})

describe('a body', () => {
  const faults = async (answer: Promise<Answer>) => {
    const { status, json } = await answer
    return [status, json.errors?.map(({ pointer }: { pointer: string }) => pointer)]
  }

  test('has every wrong field pointed to, at every depth and in every room', async () => {
    const confirmation = { type: 'maybe', message: { role: 'x', type: 1, actions: [{ type: 'link', text: 'a' }] } }
    expect(
      await faults(bff.call('PUT', whose, { headers: admin, json: { givenName: 1, surname: 'a', email: null, pushed: 1, more: 2 } })),
    ).toEqual([400, ['#/givenName', '#/email', '#/pushed', '#/more']])
    expect(
      await faults(bff.call('POST', `${whose}/channels`, { headers: admin, json: { type: 'twilio', phoneNumber: '1', confirmation } })),
    ).toEqual([
      400,
      expect.arrayContaining([
        '#/phoneNumber',
        '#/confirmation/type',
        '#/confirmation/message/role',
        '#/confirmation/message/actions/0/uri',
      ]),
    ])
    expect(await faults(bff.private('POST', '/sessions', { kind: 'x', ttl: 'a' }))).toEqual([
      400,
      expect.arrayContaining(['#/kind', '#/ttl']),
    ])
  })

  test('has every field pointed to that its caller may not write', async () => {
    const json = {
      avatarUrl: 'https://a.example',
      signedUpAt: '2026-03-02T10:15:00.000Z',
      properties: { language: 'fr', 'plan/a': 'x', b: 'y' },
    }
    const answer = await bff.call('PUT', own, { headers: self, json })
    expect([answer.status, answer.json.errors]).toEqual([
      403,
      ['#/avatarUrl', '#/signedUpAt', '#/properties/plan~1a', '#/properties/b'].map((pointer) => ({
        pointer,
        detail: 'not yours to write',
      })),
    ])
  })

  test('that is a form has them, too', async () => {
    const form = new FormData()
    form.set('role', 'nobody')
    form.set('name', 'x'.repeat(2_000))
    form.set('source', new File([new Uint8Array(png)], 'a.png'))
    expect(await faults(bff.call('POST', `${own}/images`, { headers: self, body: form }))).toEqual([400, ['#/role', '#/name']])
  })

  test('of thousands of wrong fields has a short answer, and a key that is no word is not repeated', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`field${at}`, 1]))
    const answer = await bff.call('PUT', whose, { headers: admin, json: many })
    expect([answer.json.errors.length, answer.text.length < 4_000]).toEqual([20, true])
    const odd = await bff.call('PUT', whose, { headers: admin, json: { '<script>': 1 } })
    expect([odd.json.errors, odd.text.includes('script>')]).toEqual([[{ pointer: '#', detail: 'unknown field' }], false])
  })
})

describe('HEAD', () => {
  test('has the head of GET where that reads, and makes nothing where it does not', async () => {
    for (const row of all.filter(({ method }) => method === 'GET')) {
      const path = `/v1.1${row.path.replace(':userId', mina.userId)}`
      const [head, get] = [await bff.call('HEAD', path, { headers: admin }), await bff.call('GET', path, { headers: admin })]
      if (takesHead(row))
        expect([row.id, head.status, head.text, head.headers.get('content-length')]).toEqual([row.id, 200, '', String(get.text.length)])
      else expect([row.id, head.status, head.headers.get('allow')]).toEqual([row.id, 405, 'GET'])
    }
    expect((await bff.call('HEAD', `/v1.1/apps/${bff.sandbox.apps[0]!.appId}/appusers/unknown`, { headers: admin })).status).toBe(404)
  })

  test('is refused as GET would be', async () => {
    expect((await bff.call('HEAD', own)).status).toBe(401)
    expect((await bff.call('HEAD', '/v1.1/appusers/somebody', { headers: self })).status).toBe(404)
  })

  test('answers for the session, one’s sessions and the journal', async () => {
    for (const path of ['/auth/session', '/auth/sessions', '/ops/api/operations', '/ops/api/status', '/ops/api/checkpoint'])
      expect([path, (await bff.call('HEAD', path, { headers: admin })).status]).toEqual([path, 200])
    expect((await bff.private('HEAD', '/sessions')).status).toBe(200)
    for (const path of ['/auth/login', '/ops/api/stream', '/ops/api/export'])
      expect([path, [404, 405].includes((await bff.call('HEAD', path, { headers: admin })).status)]).toEqual([path, true])
  })
})
