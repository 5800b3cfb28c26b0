import { expect, test } from '@jest/globals'
import { startBff } from '../support/bff.ts'
import { freePort } from '../support/free-port.ts'
import { startProvider } from '../support/provider.ts'
import { createWalker } from '../support/walk.ts'
import { providerEnv } from '../support/with-provider.ts'

test('staff sessions work on the staff origin only, and user sessions only elsewhere', async () => {
  await using provider = await startProvider()
  provider.accounts.set('ada', { roles: ['support-lead'] })
  provider.accounts.set('gus', { roles: ['support'] })
  const port = await freePort()
  const [site, staff] = [`http://localhost:${port}`, `http://127.0.0.2:${port}`]
  const env = { ...providerEnv(provider), HOST: '0.0.0.0', PORT: String(port), PUBLIC_ORIGIN: site, STAFF_ORIGIN: staff }
  await using bff = await startBff({ env })
  provider.register([site, staff], '')
  const ask = async (origin: string, headers: Record<string, string>, path = '/auth/session') => {
    const answer = await fetch(`${origin}/bff${path}`, { headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  const atSite = createWalker()
  await atSite.signIn(`${site}/bff/auth/login`, 'ada')
  expect((await ask(site, atSite.headers(site))).body).toMatchObject({ roles: ['user'], userId: 'ada' })
  const atStaff = createWalker()
  expect((await atStaff.signIn(`${staff}/bff/auth/login`, 'ada')).to).toBe('/')
  const session = (await ask(staff, atStaff.headers(staff))).body
  expect(session).toMatchObject({ roles: ['admin'], actor: { id: 'ada' } })
  expect(session['userId']).toBeUndefined()

  expect((await ask(staff, atSite.headers(site), '/v1.1/appusers/me')).status).toBe(403)
  expect((await ask(site, atStaff.headers(staff), '/v1.1/appusers/cust-20481')).status).toBe(403)
  expect((await ask(site, atStaff.headers(staff))).status).toBe(403)
  expect((await ask(staff, atStaff.headers(staff), '/v1.1/appusers/cust-20481')).status).toBe(200)

  const nobody = await createWalker().signIn(`${staff}/bff/auth/login`, 'mina')
  expect([nobody.last.status, nobody.last.text]).toEqual([403, expect.stringContaining('Only staff sign in here')])

  const { 'sec-fetch-site': _site, ...older } = atStaff.headers(staff)
  const crossing = { method: 'DELETE', headers: { ...older, origin: site } }
  expect((await fetch(`${staff}/bff/auth/session`, crossing)).status).toBe(403)
  const out = await fetch(`${staff}/bff/auth/session`, { method: 'DELETE', headers: { ...older, origin: staff } })
  expect([out.status, out.headers.get('clear-site-data')]).toEqual([200, '"cache", "storage"'])

  const program = await bff.signIn({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } }).catch(() => undefined)
  expect((await ask(site, program!, '/v1.1/appusers/cust-20481')).status).toBe(200)
})
