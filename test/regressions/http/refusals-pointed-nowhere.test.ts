/** Only what a schema refused was pointed to: a doubled key, a form, a query or a header at fault had a sentence, and a program had to read it. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'

let bff: Bff
let person: Carried
let admin: Carried
beforeAll(async () => {
  bff = await startBff()
  person = await bff.signIn()
  admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const deep = `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`

describe('a refusal points to the fault', () => {
  test.each([
    ['a key twice', '{"properties":{"plan":1,"plan":2}}', '#/properties/plan', 'holds a key twice'],
    ['a key twice in a list', '{"a":[{},{"b":1,"b":2}]}', '#/a/1/b', 'holds a key twice'],
    ['a magic key', '{"properties":{"__proto__":{}}}', '#/properties/__proto__', 'holds a key that is not accepted'],
    ['endless depth', deep, `#${'/a'.repeat(16)}`, 'is nested more than 16 deep'],
    ['a number that would change', '{"properties":{"n":12345678901234567890}}', '#/properties/n', /more digits/],
    ['a number out of range', '{"properties":{"n":1e999}}', '#/properties/n', 'holds a number out of range'],
    ['half a surrogate pair', '{"givenName":"\\ud800"}', '#/givenName', 'holds half a surrogate pair'],
    ['text that is no JSON', '{"givenName":', '#', /not valid JSON/],
    ['a byte order mark', '\ufeff{}', '#', 'begins with a byte order mark'],
    ['nothing', '', '#', 'is empty'],
    ['a key that is no plain word', '{"<b>":1,"<b>":2}', '#', 'holds a key twice'],
  ])('of a body: %s', async (_name, body, pointer, detail) => {
    const answer = await bff.call('PUT', '/v1.1/appusers/me', { headers: { ...person, 'content-type': 'application/json' }, body })
    expect([answer.status, answer.json.errors]).toEqual([
      400,
      [{ pointer, detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) }],
    ])
    expect(answer.text).not.toContain('<b>')
  })

  test('of a body that is no UTF-8', async () => {
    const headers = { ...person, 'content-type': 'application/json' }
    const answer = await bff.call('PUT', '/v1.1/appusers/me', { headers, body: Uint8Array.of(0x7b, 0xff, 0x7d) })
    expect(answer.json.errors).toEqual([{ pointer: '#', detail: 'is not valid UTF-8' }])
  })

  test.each([
    ['a parameter that is needed', '/v1.1/appusers/me/linkrequest', '#/integrationIds', 'is required'],
    ['a parameter twice', '/v1.1/appusers/me/linkrequest?integrationIds=a&integrationIds=b', '#/integrationIds', /may appear once/],
    ['a list in brackets', '/v1.1/appusers/me/linkrequest?integrationIds[]=a', '#/integrationIds', /without brackets/],
    ['a parameter that is unknown', '/v1.1/appusers/me?fields=a', '#/fields', 'unknown parameter'],
    ['a name that is no plain word', '/v1.1/appusers/me?%3Cb%3E=a', '#', 'unknown parameter'],
    ['a malformed percent sign', '/v1.1/appusers/me?a=%zz', '#', /percent sign/],
    ['a provider that there is not', '/auth/login?provider=none', '#/provider', /no such identity provider/],
    ['a number of the console', '/ops/api/operations?limit=many', '#/limit', /whole number/],
    ['a search of the console', '/ops/api/operations?q=from:never', '#/q', /from/],
  ])('of a query: %s', async (_name, path, pointer, detail) => {
    const answer = await bff.call('GET', path, { headers: path.startsWith('/ops') ? admin : person })
    expect([answer.status, answer.json.errors]).toEqual([
      400,
      [{ in: 'query', pointer, detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) }],
    ])
  })

  test.each([
    ['audit-reason', 'because', /one of/],
    ['audit-note', '%zz', /percent-encoded/],
    ['idempotency-key', 'two words', /visible/],
  ])('of a header: %s', async (name, value, detail) => {
    const answer = await bff.call('DELETE', '/v1.1/appusers/nobody', { headers: { ...admin, [name]: value } })
    expect([answer.status, answer.json.errors]).toEqual([
      400,
      [{ in: 'header', pointer: `#/${name}`, detail: expect.stringMatching(detail) }],
    ])
  })

  test.each([
    ['twice', ['Authorization', 'Bearer a', 'authorization', 'Bearer b'], '#/authorization'],
    ['with an underscore', ['X_Forwarded_For', '192.0.2.1'], '#/x_forwarded_for'],
  ])('of a header that comes %s', async (_name, headers, pointer) => {
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request(`${bff.app.publicUrl}/bff/v1.1/appusers/me`, { headers: ['Host', new URL(bff.app.publicUrl).host, ...headers] })
      asked.on('response', async (answer) => resolve((await answer.setEncoding('utf8').toArray()).join('')))
      asked.on('error', reject).end()
    })
    expect(JSON.parse(text).errors).toEqual([{ in: 'header', pointer, detail: expect.any(String) }])
  })

  test('of a path: a channel that there is not', async () => {
    const answer = await bff.call('DELETE', '/v1.1/appusers/me/channels/pigeon', { headers: person })
    expect([answer.status, answer.json.errors]).toEqual([400, [{ in: 'path', pointer: '#/channel', detail: expect.any(String) }]])
  })

  test.each([
    ['a field twice', 'logout_token=a&logout_token=b', '#/logout_token', 'given twice'],
    ['a malformed percent sign', 'logout_token=%zz', '#', 'holds a malformed percent sign'],
    ['no field', 'other=a', '#/logout_token', 'is required'],
  ])('of a form of the provider: %s', async (_name, body, pointer, detail) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await bff.call('POST', '/auth/backchannel-logout', { headers, body })
    expect([answer.status, answer.json.errors]).toEqual([400, expect.arrayContaining([{ pointer, detail }])])
  })

  test('of a mint: a lifetime that is too long', async () => {
    const long = await bff.private('POST', '/sessions', { kind: 'bearer', userId: 'a', ttl: 10_000_000 })
    expect([long.status, long.json.errors]).toEqual([400, [{ pointer: '#/ttl', detail: expect.any(String) }]])
  })

  test.each([
    ['none', {}, '#/source', 'is required'],
    ['in another field', { picture: new File(['x'], 'x.png') }, '#/picture', 'takes no file'],
    ['with a field that is too long', { role: 'a'.repeat(20_000) }, '#/role', 'too long'],
  ])('of an upload: %s', async (_name, parts, pointer, detail) => {
    const form = new FormData()
    for (const [name, value] of Object.entries({ role: 'appUser', ...parts })) form.set(name, value as string)
    const answer = await bff.call('POST', '/v1.1/appusers/me/images', { headers: person, body: form })
    expect([answer.status, answer.json.errors]).toEqual([400, [{ pointer, detail }]])
  })
})
