/** A person deleted by userId while the vendor could not be read was found under the userId alone, although the vendor had told the `_id` at the person's sign-in. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'

test.each([
  ['503', { status: 503 }],
  ['reset', { reset: true }],
  ['no JSON', { html: '<p>' }],
  ['late', { latency: 1_300 }],
])('with a look that is %s, a deletion by userId is found by both names, also after a second sign-in', async (_what, fault) => {
  await using bff = await startBff()
  const admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
  const { _id } = bff.sandbox.createUser(appId, { userId: 'goes' })
  await bff.signIn({ userId: 'goes' })
  const person = await bff.signIn({ userId: 'goes' })
  bff.sandbox.fault({ operation: 'get_app_user', ...fault })
  const { status, headers } = await bff.call('DELETE', '/v1.1/appusers/goes', { headers: admin })
  expect(status).toBe(200)
  for (const target of ['goes', _id]) {
    const { json } = await bff.call('GET', `/ops/api/operations?target=${target}`, { headers: admin })
    expect(json.operations).toMatchObject([{ operation: headers.get('audit-operation') }])
  }
  expect((await bff.call('GET', '/auth/session', { headers: person })).json).toEqual({ signedIn: false })
})
