/** An admin whose sign-in was hours old could say what had become of an operation, their own too, and the event did not tell. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Bff, Carried } from '../../support/bff.ts'
import { appId, startBff } from '../../support/bff.ts'

let bff: Bff
beforeAll(async () => {
  bff = await startBff()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const now = () => Math.floor(Date.now() / 1000)
const admin = (id: string, authTime = now()) => bff.signIn({ roles: ['admin'], actor: { id }, authTime })
const resolve = (id: string, headers: Carried) =>
  bff.call('POST', `/ops/api/operations/${id}/resolve`, { headers, json: { verdict: 'not_applied' } })

const unknown = async (headers: Carried): Promise<string> => {
  const { _id } = bff.sandbox.createUser(appId, { userId: `cust-${bff.sandbox.requests.length}` })
  bff.sandbox.fault({ operation: 'delete_app_user', status: 500, times: 1 })
  const answer = await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers })
  return answer.headers.get('audit-operation')!
}

test('a verdict needs a sign-in not older than 15 minutes', async () => {
  const id = await unknown(await admin('ada'))
  const refused = await resolve(id, await admin('grace', now() - 16 * 60))
  expect([refused.status, refused.json.error.code]).toEqual([401, 'step_up_required'])
  const signedIn = now() - 60
  const { status, json } = await resolve(id, await admin('grace', signedIn))
  expect([status, json.state]).toEqual([200, 'not_applied'])
  expect(json.events.at(-1).evidence).toEqual({ source: 'person', signedIn: new Date(signedIn * 1000).toISOString() })
})

test('a verdict on an operation of their own says so', async () => {
  const ada = await admin('ada')
  const { json } = await resolve(await unknown(ada), ada)
  expect(json.events.at(-1)).toMatchObject({ by: 'ada', evidence: { source: 'person', own: true } })
})
