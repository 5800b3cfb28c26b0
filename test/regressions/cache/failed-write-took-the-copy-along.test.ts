/** Who tried to write while the vendor was down had no copy left: every read of theirs was 502, where others were served. */
import { expect, test } from '@jest/globals'
import { appId, type Bff, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const url = process.env['TEST_REDIS_URL']
/** In this process, and in Redis where there is one. */
const stores = [{}, ...(url ? [{ REDIS_URL: url }] : [])]

let count = 0
const set = async (env: Record<string, string>) => {
  const bff = await startBff({ env })
  // The Redis remembers the people of the tests before.
  count += 1
  const userId = `tried-${count}`
  bff.sandbox.createUser(appId, { userId, givenName: 'Mina' })
  const headers = await bff.signIn({ userId })
  const read = () => bff.call('GET', '/v1.1/appusers/me', { headers })
  const write = (givenName: string) => bff.call('PUT', '/v1.1/appusers/me', { headers, json: { givenName } })
  expect((await read()).json.appUser.givenName).toBe('Mina')
  return { bff, userId, headers, read, write, [Symbol.asyncDispose]: () => bff[Symbol.asyncDispose]() }
}
const status = (answer: Awaited<ReturnType<Bff['call']>>) => String(answer.headers.get('cache-status'))

test.each(stores)('a write that never left leaves the copy for when the vendor fails, marked as such (%j)', async (env) => {
  await using it = await set(env)
  await it.bff.sandbox.close()
  expect((await it.write('Nina')).status).toBe(502)
  for (let time = 0; time < 3; time++) {
    const answer = await it.read()
    expect([answer.status, answer.json.appUser?.givenName]).toEqual([200, 'Mina'])
    expect(status(answer)).toContain('fwd=stale; fwd-status=502; detail=stale-if-error')
  }
  // Under the other name too, and not as a fresh one.
  const staff = await it.bff.signIn({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } })
  expect((await it.bff.call('GET', `/v1.1/appusers/${it.userId}`, { headers: staff })).status).toBe(200)
})

test.each(stores)(
  'after a write that may have been made the copy is shown while the vendor fails, and never as fresh (%j)',
  async (env) => {
    await using it = await set(env)
    it.bff.sandbox.fault({ operation: 'update_app_user', status: 500, applied: true })
    expect((await it.write('Nina')).status).toBe(504)
    it.bff.sandbox.fault({ operation: 'get_app_user', status: 503 })
    const answer = await it.read()
    expect([answer.status, answer.json.appUser.givenName]).toEqual([200, 'Mina'])
    expect(status(answer)).toContain('stale-if-error')
    it.bff.sandbox.clearFaults()
    const after = await it.read()
    expect([after.json.appUser.givenName, status(after)]).toEqual(['Nina', expect.stringContaining('fwd=bypass; detail=changing')])
  },
)

test.each(stores)('a write that was made takes the old copy away, whatever the vendor does then (%j)', async (env) => {
  await using it = await set(env)
  expect((await it.write('Nina')).status).toBe(200)
  it.bff.sandbox.fault({ operation: 'get_app_user', status: 503 })
  const answer = await it.read()
  expect([answer.status, answer.json.appUser.givenName, status(answer)]).toEqual([200, 'Nina', expect.stringContaining('hit')])
})

test.each(stores)('a refused write leaves the copy, and the next read asks the vendor (%j)', async (env) => {
  await using it = await set(env)
  it.bff.sandbox.fault({ operation: 'update_app_user', status: 400, times: 1 })
  expect((await it.write('Nina')).status).toBe(400)
  const before = it.bff.sandbox.requests.length
  expect(status(await it.read())).toContain('fwd=miss')
  expect(it.bff.sandbox.requests.length).toBe(before + 1)
})

test.each(stores)('while a write is under way its person is shown the copy only when the vendor fails (%j)', async (env) => {
  await using it = await set(env)
  const { promise: held, resolve } = Promise.withResolvers<void>()
  it.bff.sandbox.fault({ operation: 'update_app_user', held, times: 1 })
  const writing = it.write('Nina')
  await until(() => it.bff.sandbox.requests.some(({ operation }) => operation === 'update_app_user'))
  expect(status(await it.read())).toContain('fwd=bypass; detail=changing')
  it.bff.sandbox.fault({ operation: 'get_app_user', status: 503 })
  expect(status(await it.read())).toContain('stale-if-error')
  it.bff.sandbox.clearFaults()
  resolve()
  expect((await writing).status).toBe(200)
  expect((await it.read()).json.appUser.givenName).toBe('Nina')
})

test.each(stores)('a deletion leaves no copy, even when nobody knows whether it was made (%j)', async (env) => {
  await using it = await set(env)
  const admin = await it.bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  it.bff.sandbox.fault({ operation: 'delete_app_user', status: 500 })
  expect((await it.bff.call('DELETE', `/v1.1/apps/${appId}/appusers/${it.userId}`, { headers: admin })).status).toBe(504)
  it.bff.sandbox.fault({ operation: 'get_app_user', status: 503 })
  expect((await it.bff.call('GET', `/v1.1/appusers/${it.userId}`, { headers: admin })).status).toBe(502)
})
