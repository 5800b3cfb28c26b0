/** An app that wrote the content type of a form itself, as many for React Native do, was told "An image is sent as multipart/form-data. This one is "multipart/form-data"."; one whose part had the wrong type was not told what would be right. */
import { expect, test } from '@jest/globals'
import { png, startBff } from '../../support/bff.ts'

test('the refusal of an upload says what to do', async () => {
  await using bff = await startBff()
  const bearer = await bff.signIn({ userId: 'mina' })
  const post = async (type: string, body: BodyInit) => {
    const { json } = await bff.call('POST', '/v1.1/appusers/me/images', {
      headers: { ...bearer, ...(type && { 'content-type': type }) },
      body,
    })
    return String(json.error.description)
  }
  for (const type of ['multipart/form-data', 'multipart/form-data; charset=utf-8']) expect(await post(type, 'x')).toContain('a client sets')
  const form = new FormData()
  form.set('role', 'appUser')
  form.set('source', new File([png], 'a.jpg', { type: 'image/jpg' }))
  expect(await post('', form)).toContain('declare the true one, or none')
})
