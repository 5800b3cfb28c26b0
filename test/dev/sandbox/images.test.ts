/** post_image_message of the stand-in: real multipart, of which only the measures are kept. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { appId, start } from './start.ts'

const png = Buffer.from('89504e470d0a1a0a', 'hex')

function form({
  role = 'appUser',
  bytes = png as Uint8Array<ArrayBuffer> | Buffer<ArrayBuffer>,
  type = 'image/png',
  more = {} as Record<string, string>,
} = {}) {
  const data = new FormData()
  data.set('source', new Blob([bytes], { type }), 'photo.png')
  data.set('role', role)
  for (const [name, value] of Object.entries(more)) data.set(name, value)
  return data
}

describe('post_image_message', () => {
  test('answers 201 with the message and starts the conversation', async () => {
    await using it = await start({ people: [{ userId: 'u', givenName: 'Mina', surname: 'Okafor' }] })
    const { status, body } = await it.ask('POST', '/appusers/u/images', form())
    expect(status).toBe(201)
    const user = it.sandbox.user(appId, 'u')!
    expect(user.conversationStarted).toBe(true)
    expect(body).toEqual({
      message: {
        ...{
          _id: expect.stringMatching(/^[0-9a-f]{24}$/),
          authorId: user._id,
          role: 'appUser',
          type: 'image',
          name: 'Mina Okafor',
          text: '',
        },
        ...{ mediaUrl: expect.stringContaining('photo.png'), mediaType: 'image/png', avatarUrl: expect.any(String) },
        received: expect.closeTo(Date.now() / 1000, -1),
      },
      conversation: { _id: expect.any(String), unreadCount: 0 },
    })
    const staff = await it.ask('POST', '/appusers/u/images', form({ role: 'appMaker', more: { name: 'Sam', text: 'Look' } }))
    expect(staff.body).toMatchObject({
      message: { name: 'Sam', text: 'Look' },
      conversation: { _id: body.conversation._id, unreadCount: 1 },
    })
    expect(staff.body.message.authorId).not.toBe(user._id)
  })

  test('records the fields, and of the file its name, type, size and digest', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    await it.ask('POST', '/appusers/u/images', form({ more: { text: 'hej' } }))
    const [entry] = it.sandbox.requests
    expect(entry?.parts).toEqual([
      { field: 'source', fileName: 'photo.png', type: 'image/png', bytes: 8, sha256: createHash('sha256').update(png).digest('hex') },
      { field: 'role', value: 'appUser' },
      { field: 'text', value: 'hej' },
    ])
    expect(entry).not.toHaveProperty('body')
  })

  test('refuses a wrong role, another type, no file, no form, and a full conversation', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const statusOf = async (body: unknown, headers?: Record<string, string>) =>
      (await it.ask('POST', '/appusers/u/images', body, headers)).status
    const fileless = form()
    fileless.set('source', 'just text')
    for (const body of [form({ role: 'admin' }), form({ type: 'text/html' }), fileless, { role: 'appUser' }])
      expect(await statusOf(body)).toBe(400)
    expect(await statusOf('[object FormData]', { 'content-type': '' })).toBe(400)
    expect(await statusOf('nonsense', { 'content-type': 'multipart/form-data; boundary=x' })).toBe(400)
    expect(await statusOf('nonsense', { 'content-type': 'multipart/form-data' })).toBe(400)
    const half = '--x\r\nContent-Disposition: form-data; name="source"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nabc'
    expect(await statusOf(half, { 'content-type': 'multipart/form-data; boundary=x' })).toBe(400)
    it.sandbox.switches.imageTypes = 'any'
    expect(await statusOf(form({ type: 'application/pdf' }))).toBe(201)
    it.sandbox.switches.messageLimit = 1
    expect(await it.ask('POST', '/appusers/u/images', form())).toMatchObject({ status: 423, body: { error: { code: 'locked' } } })
  })

  test('takes 10 MB and refuses one byte more with 413', async () => {
    await using it = await start({ people: [{ userId: 'u' }] })
    const most = 10 * 1024 * 1024
    expect((await it.ask('POST', '/appusers/u/images', form({ bytes: new Uint8Array(most) }))).status).toBe(201)
    const over = await it.ask('POST', '/appusers/u/images', form({ bytes: new Uint8Array(most + 1) }))
    expect([over.status, over.body.error.code]).toEqual([413, 'request_entity_too_large'])
    expect(it.sandbox.requests.at(-1)?.parts).toMatchObject([{ bytes: most + 1 }, {}])
  })
})
