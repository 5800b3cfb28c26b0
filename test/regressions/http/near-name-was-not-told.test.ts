/** Refusals that left the reader to guess: which field was meant, and which setting keeps sessions apart. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, imageForm, startBff } from '../../support/bff.ts'
import { freePort } from '../../support/free-port.ts'

let bff: Bff
let own: Carried
beforeAll(async () => {
  const port = await freePort()
  bff = await startBff({ env: { PORT: String(port), PUBLIC_ORIGIN: `http://127.0.0.1:${port}`, STAFF_ORIGIN: 'http://staff.example' } })
  own = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

describe('an unknown field is told with the name that is near', () => {
  test.each([
    ['PUT', '/v1.1/appusers/cust-20481', { givenname: 'x' }, 'givenName'],
    ['PUT', '/v1.1/appusers/cust-20481', { given_name: 'x' }, 'givenName'],
    ['PUT', '/v1.1/appusers/cust-20481', { sruname: 'x' }, 'surname'],
    ['POST', '/v1.1/appusers', { userID: 'x' }, 'userId'],
    ['POST', '/v1.1/appusers/merge', { surviving: { _id: 'a' }, discarded: { id: 'b' } }, '_id'],
    [
      'POST',
      '/v1.1/appusers/cust-20481/channels',
      { type: 'twilio', phonenumber: '+1', phoneNumber: '+1', confirmation: { type: 'prompt' } },
      'phoneNumber',
    ],
    ['PUT', '/v1.1/appusers/cust-20481', { nickname: 'x' }, undefined],
    ['PUT', '/v1.1/appusers/cust-20481', { avatarurl: 'x' }, undefined],
  ])('%s %s %j', async (method, path, json, name) => {
    const answer = await bff.call(method, path, { headers: own, json })
    const hint = name === undefined ? '' : `; did you mean ${name}?`
    expect(answer.status).toBe(400)
    expect(answer.json.errors.map(({ detail }: { detail: string }) => detail)).toContain(`unknown field${hint}`)
  })

  test('also in a form', async () => {
    const form = imageForm('appMaker')
    const body = new FormData()
    body.set('altext', 'x')
    for (const [name, value] of form) body.set(name, value)
    const { json } = await bff.call('POST', '/v1.1/appusers/cust-20481/images', { headers: own, body })
    expect(json.errors).toEqual([{ pointer: '#/altext', detail: 'unknown field; did you mean altText?' }])
  })
})

test('sessions that are kept apart by origin are told which setting does it', async () => {
  const { status, json } = await bff.call('GET', '/v1.1/appusers/cust-20481', {
    headers: await bff.signIn({ roles: ['agent'], actor: { id: 'gus' } }),
  })
  expect([status, json.detail]).toEqual([403, 'Staff sessions work on the staff origin only. STAFF_ORIGIN decides.'])
})
