/** Of more than ten sessions the one that began first ends: after the clock was set back that was the new one, so that whoever had ten could not sign in for as long. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { setClock } from '../../support/skewed-clock.ts'

test.each(['cookie', 'bearer'] as const)('whoever has ten sessions that began ahead signs in, and one of those ends: %s', async (kind) => {
  using _clock = setClock(3_600)
  await using bff = await startBff()
  const read = async (headers: Record<string, string>) => (await bff.call('GET', '/v1.1/appusers/me', { headers })).status
  const before: Record<string, string>[] = []
  for (let n = 0; n < 10; n += 1) before.push(await bff.signIn({ kind }))
  setClock(0)
  expect(await read(await bff.signIn({ kind }))).toBe(200)
  expect((await Promise.all(before.map(read))).sort()).toEqual([...Array(9).fill(200), 401])
})
