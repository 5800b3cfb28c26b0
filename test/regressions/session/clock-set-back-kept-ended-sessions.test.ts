/** An end of all sessions marked the time by the store's clock: after that had been set back, sessions of before lay later than the mark, and lived on. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { setClock } from '../../support/skewed-clock.ts'

test.each([
  ['browser', 'cookie'],
  ['app', 'bearer'],
] as const)('whoever is signed out everywhere after the clock was set back is signed out: a session of a %s', async (_, kind) => {
  using _clock = setClock(0)
  await using bff = await startBff()
  const headers = await bff.signIn({ kind, userId: 'cust-20481' })
  const read = async () => (await bff.call('GET', '/v1.1/appusers/me', { headers })).status
  expect(await read()).toBe(200)
  setClock(-300)
  expect(await read()).toBe(200)
  expect((await bff.private('POST', '/sessions/end', { userId: 'cust-20481' })).status).toBe(204)
  expect(await read()).toBe(401)
  const again = await bff.signIn({ kind, userId: 'cust-20481' })
  expect((await bff.call('GET', '/v1.1/appusers/me', { headers: again })).status).toBe(200)
})
