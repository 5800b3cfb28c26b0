/** Ids that look like the vendor's were taken for one whatever their case, so two customers whose userIds differ in nothing else could be given each other's user by a shared look-up. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('userIds that differ in case only are two people', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['agent', 'admin'] })
  const lower = 'abcdefabcdefabcdefabcdef'
  const ids = [lower, lower.toUpperCase()]
  for (const userId of ids) expect((await bff.call('POST', '/v1.1/appusers', { headers, json: { userId } })).status).toBe(201)
  bff.sandbox.fault({ operation: 'get_app_user', latency: 20 })
  const asked = Array.from({ length: 60 }, (_, at) => ids[at % 2]!)
  const answers = await Promise.all(asked.map((id) => bff.call('GET', `/v1.1/appusers/${id}`, { headers })))
  expect(answers.map((answer) => answer.json.appUser?.userId)).toEqual(asked)
})
