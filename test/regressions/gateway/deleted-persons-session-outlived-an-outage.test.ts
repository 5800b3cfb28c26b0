/** When Redis failed between the vendor's answer to a deletion and the end of the person's sessions, nobody tried again: they lived on. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const redis = process.env['TEST_REDIS_URL']
const when = redis ? test : test.skip // Redis is not installed

when('the sessions of a deleted person end once Redis is back', async () => {
  await using proxy = await startProxy(redis!)
  await using bff = await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } })
  const userId = 'outlived-1'
  bff.sandbox.createUser(appId, { userId })
  const headers = await bff.signIn({ userId })
  const admin = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  const isSignedIn = async () => (await bff.call('GET', '/auth/session', { headers })).json.signedIn as boolean
  expect(await isSignedIn()).toBe(true)
  const { promise: held, resolve } = Promise.withResolvers<void>()
  bff.sandbox.fault({ operation: 'delete_app_user', held, times: 1 })
  const deletion = bff.call('DELETE', `/v1.1/appusers/${userId}`, { headers: admin })
  await until(() => bff.sandbox.requests.some(({ operation }) => operation === 'delete_app_user'))
  proxy.open(false)
  resolve()
  expect((await deletion).status).toBe(200)
  expect(bff.lines.some(({ alarm }) => alarm === 'sessions_not_ended')).toBe(true)
  proxy.open(true)
  await until(async () => (await bff.private('GET', '/readyz')).status === 200)
  await until(async () => (await isSignedIn()) === false)
})

when('a load balancer may leave out what all replicas share: /readyz?exclude=redis', async () => {
  await using proxy = await startProxy(redis!)
  await using bff = await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } })
  const ready = async (query: string) => (await bff.private('GET', `/readyz${query}`)).status
  expect([await ready(''), await ready('?exclude=redis')]).toEqual([200, 200])
  proxy.open(false)
  expect([await ready(''), await ready('?exclude=redis')]).toEqual([503, 200])
  bff.app.drain()
  expect(await ready('?exclude=redis')).toBe(503)
})
