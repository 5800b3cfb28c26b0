/** A refusal named what was wanted and not what had come: two slashes, a slash at the end, another type of body, another scheme, a preflight; some began in the middle of a sentence. Pages below the console were raw JSON. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ask } from '../../security/requests.ts'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'

const own = '/v1.1/appusers/me'
let bff: Bff
let self: Carried
let cookie: string
beforeAll(async () => {
  bff = await startBff()
  self = await bff.signIn()
  cookie = (await bff.signIn({ kind: 'cookie' }))['cookie']!
})
afterAll(async () => await bff[Symbol.asyncDispose]())

const detailOf = async (path: string, method: string, headers: Carried, body?: string): Promise<string> => {
  const answer = await fetch(`${bff.app.publicUrl}${path}`, { method, headers, ...(body !== undefined && { body }) })
  return ((await answer.json()) as { detail: string }).detail
}

test('a path says which of its marks is wrong', async () => {
  expect(await detailOf('/bff//v1.1/appusers/me', 'GET', self)).toContain('The path holds "//"')
  expect(await detailOf('/bff/v1.1/appusers/a%2fb', 'GET', self)).toContain('The path holds "%2f"')
  expect(await detailOf(`/bff${own}/`, 'GET', self)).toContain('No path of this service ends with a slash.')
  expect((await bff.private('GET', '/sessions/')).json.detail).toMatch(/ends with a slash.*\/readyz/)
})

test('a body says which type it came with', async () => {
  const put = (type: Carried) => detailOf(`/bff${own}`, 'PUT', { ...self, ...type }, '{}')
  expect(await put({ 'content-type': 'text/plain' })).toMatch(/must be application\/json.* This one is "text\/plain"\./)
  expect(await put({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toContain('this one has "gzip"')
  const image = await detailOf(`/bff${own}/images`, 'POST', { ...self, 'content-type': 'image/png' }, 'x')
  expect(image).toMatch(/multipart\/form-data with a boundary; .*This one is "image\/png"\./)
})

test('a 401 says whether the token or the scheme is wrong', async () => {
  expect(await detailOf(`/bff${own}`, 'GET', { authorization: 'Bearer x' })).toMatch(/^The token is not one of this service/)
  expect(await detailOf(`/bff${own}`, 'GET', { authorization: 'Basic eDp5' })).toContain('must hold "Bearer"')
  expect(await detailOf(`/bff${own}`, 'GET', {})).toMatch(/^A valid session is required/)
})

test('a method that is not there is named, and a preflight says that other origins are not served', async () => {
  expect(await detailOf(`/bff${own}`, 'PATCH', self)).toBe('This path supports GET, HEAD, PUT, DELETE, not PATCH.')
  expect(await detailOf(`/bff${own}`, 'OPTIONS', { 'access-control-request-method': 'PUT' })).toContain('on one origin')
})

test('a refused origin begins with what is wrong, and a missing mark with nothing else', async () => {
  const json = { cookie, 'content-type': 'application/json' }
  expect(await detailOf(`/bff${own}`, 'PUT', { ...json, 'X-BFF-CSRF': '1' }, '{}')).toMatch(
    /^A call that changes something must name its Origin/,
  )
  const elsewhere = { ...json, 'X-BFF-CSRF': '1', 'Sec-Fetch-Site': 'cross-site' }
  expect((await bff.call('PUT', own, { headers: elsewhere, json: {} })).json.detail).toMatch(/^A page of another origin made this call\./)
  expect(await detailOf(`/bff${own}`, 'GET', { cookie })).toBe('A call with the session cookie must carry the header X-BFF-CSRF: 1.')
})

test('pages lead from an address with a slash to the one without, with their query', async () => {
  const at = async (path: string) => {
    const answer = await fetch(`${bff.app.publicUrl}${path}`, { redirect: 'manual', headers: { 'Sec-Fetch-Mode': 'navigate' } })
    return [answer.status, answer.headers.get('location')]
  }
  expect(await at('/bff/docs/?x=1')).toEqual([308, '/bff/docs?x=1'])
  expect(await at('/bff/ops/?q=a')).toEqual([308, '/bff/ops?q=a'])
  expect(await at('/bff/ops/operations/op_1/')).toEqual([308, '/bff/ops/operations/op_1'])
})

test('what is not there below the console is a page that leads back; of its API it is JSON', async () => {
  for (const path of ['/ops/operations', '/ops/operations/', '/ops/apis', '/ops/elsewhere/x']) {
    const { status, body } = await ask(bff, { path, headers: { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' } })
    expect([path, status, body.includes('<a href="/bff/ops">Timeline</a>')]).toEqual([path, 404, true])
  }
  for (const path of ['/ops/api', '/ops/api/', '/ops/api/elsewhere'])
    expect(JSON.parse((await ask(bff, { path, headers: {} })).body).error.code).toBe('not_found')
})
