/** The picture of a person is staff's to set, but an end user could send one beside an image: an address of their choice, which the browsers of staff then load. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, type Carried, imageForm, mina, png, startBff } from '../../support/bff.ts'

let bff: Bff
beforeAll(async () => {
  bff = await startBff()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const post = (headers: Carried, userId: string, body: FormData) => bff.call('POST', `/v1.1/appusers/${userId}/images`, { headers, body })
const posted = () => bff.sandbox.requests.filter(({ operation, status }) => operation === 'post_image_message' && status === 201).length
const withFields = (role: string, fields: Record<string, string>, form = imageForm(role)): FormData => {
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}
/** The fields come before the file, and are known before anything is sent. */
const fieldsFirst = (role: string, fields: Record<string, string>): FormData => {
  const form = withFields(role, { role, ...fields }, new FormData())
  form.set('source', new File([new Uint8Array(png)], 'picture.png', { type: 'image/png' }))
  return form
}

test.each([
  ['before the file', fieldsFirst],
  ['behind it', withFields],
])('an end user names no picture, %s; nothing is posted, and the attempt is an event', async (_where, form) => {
  const self = await bff.signIn()
  const before = posted()
  const answer = await post(self, 'me', form('appUser', { avatarUrl: 'https://tracker.example/x.png', text: 'Hello' }))
  expect([answer.status, answer.json.error.code, answer.json.errors]).toEqual([
    403,
    'field_not_allowed',
    [{ pointer: '#/avatarUrl', detail: 'not yours to write' }],
  ])
  expect(answer.json.detail).toBe('You may not write avatarUrl; you may write role, name, text, email, altText.')
  expect(posted()).toBe(before)
})

test('the other fields are an end user’s, and all are staff’s', async () => {
  const own = { name: 'Mina', text: 'Hello', email: 'mina@example.org', altText: 'A cat' }
  expect((await post(await bff.signIn(), 'me', withFields('appUser', own))).status).toBe(201)
  const staff = await bff.signIn({ roles: ['agent'], actor: { id: 'ben' } })
  expect((await post(staff, mina.userId, withFields('appMaker', { ...own, avatarUrl: 'https://www.example.com/ben.png' }))).status).toBe(
    201,
  )
})
