/** A proxy on the same machine made the demo, where anybody may be anybody, answer everybody. */
import { request } from 'node:http'
import { expect, test } from '@jest/globals'
import { demoPage } from '../../../src/dev/demo/page.ts'
import { demoSignIn } from '../../../src/dev/demo/sign-in.ts'
import { areOfThisMachine } from '../../../src/dev/this-machine.ts'
import { startBff } from '../../support/bff.ts'

test('the demo answers this machine alone, and no proxy on it', async () => {
  await using bff = await startBff({
    extend: ({ mint, origins }) => ({ root: demoPage('/bff'), below: demoSignIn(mint, origins, '/bff') }),
  })
  const origin = bff.app.origins[0]!
  const ask = (method: string, path: string, more: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { origin, 'x-bff-csrf': '1', 'content-type': 'application/json', ...more }
      const asked = request(`${bff.app.publicUrl}${path}`, { method, headers }, (answer) => resolve(answer.resume().statusCode))
      asked.on('error', reject).end(method === 'POST' ? '{"person":"admin"}' : undefined)
    })
  expect([await ask('POST', '/bff/auth/demo', {}), await ask('GET', '/', {})]).toEqual([200, 200])
  const proxied = [
    { forwarded: 'for=192.0.2.1' },
    { via: '1.1 proxy' },
    { 'x-forwarded-for': '192.0.2.1' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'demo.example' },
    { 'x-forwarded-proto': 'https' },
    { 'x-real-ip': '192.0.2.1' },
    { 'cf-connecting-ip': '192.0.2.1' },
  ]
  for (const more of proxied)
    expect([more, await ask('POST', '/bff/auth/demo', more), await ask('GET', '/', more)]).toEqual([more, 404, 404])
  expect(await ask('POST', '/bff/auth/demo', { host: 'demo.example' })).toBe(421)
})

test('the page to sign in to the demo takes its own form alone, and leads to a path of this origin', async () => {
  await using bff = await startBff({ extend: ({ mint, origins }) => ({ below: demoSignIn(mint, origins, '/bff') }) })
  const at = `${bff.app.publicUrl}/bff/auth/login`
  const shown = async (query: string) => await (await fetch(at + query)).text()
  expect(await shown('?returnTo=/chat%22%3E')).toContain('name="returnTo" value="/chat%22%3E"')
  const head = await fetch(at, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'text/html; charset=utf-8', ''])
  expect(await shown('?returnTo=//evil.example')).toContain('name="returnTo" value="/"')
  expect(await shown('?returnTo=/chat&stepUp=1')).toContain('name="returnTo" value="/chat"')
  /** As a browser sends a form, which Node's fetch cannot. */
  const send = (origin: string, returnTo: string, person = 'customer'): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
      const asked = request(at, { method: 'POST', headers }, ({ statusCode, headers: { location, 'set-cookie': cookie } }) =>
        resolve([statusCode, location, cookie !== undefined]),
      )
      asked.on('error', reject).end(String(new URLSearchParams({ person, returnTo })))
    })
  const [own = ''] = bff.app.origins
  expect(await send(own, '/chat?a=1')).toEqual([303, '/chat?a=1', true])
  for (const elsewhere of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/bff/auth/login'])
    expect([elsewhere, ...(await send(own, elsewhere))]).toEqual([elsewhere, 303, '/', true])
  expect(await send('https://evil.example', '/chat')).toEqual([403, undefined, false])
  expect(await send(own, '/chat', 'root')).toEqual([400, undefined, false])
})

test.each([
  ['http://localhost:3000', true],
  ['http://[::1]:3000', true],
  ['https://demo.example', false],
  ['http://0.0.0.0', false],
])('an origin or address such as %s is on this machine: %s', (origin, here) => {
  expect(areOfThisMachine([origin])).toBe(here)
})
