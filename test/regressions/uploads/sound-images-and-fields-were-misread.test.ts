/** GIFs of some widths were taken for scripts, files whose client does not know their type were refused, and form fields that are no UTF-8 were repaired and sent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readForm } from '../../../src/http/request/body.ts'
import { imageType } from '../../../src/uploads/image.ts'
import { type Bff, type Carried, png, startBff } from '../../support/bff.ts'
import { startEcho } from '../../support/http-app.ts'

let bff: Bff
let self: Carried
beforeAll(async () => {
  bff = await startBff()
  self = await bff.signIn()
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const boundary = 'the-clients-own'
const part = (headers: string, content: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), Buffer.from(content as string), Buffer.from('\r\n')])
const field = (name: string, value: Buffer | string, type = ''): Buffer =>
  part(`Content-Disposition: form-data; name="${name}"${type && `\r\nContent-Type: ${type}`}`, value)
const file = (bytes: Buffer, type?: string): Buffer =>
  part(`Content-Disposition: form-data; name="source"; filename="a.bin"${type === undefined ? '' : `\r\nContent-Type: ${type}`}`, bytes)
const upload = (...parts: Buffer[]) =>
  bff.call('POST', '/v1.1/appusers/me/images', {
    headers: { ...self, 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: new Uint8Array(Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])),
  })
const role = field('role', 'appUser')
const sentParts = () => bff.sandbox.requests.filter(({ operation }) => operation === 'post_image_message').at(-1)?.parts

/** A whole GIF: screen, two colours, one picture of one pixel. */
const gif = (width: number, height = 600): Buffer => {
  const screen = Buffer.from([width & 255, width >> 8, height & 255, height >> 8, 0x80, 0, 0])
  const rest = Buffer.from([0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b])
  return Buffer.concat([Buffer.from('GIF89a'), screen, rest])
}
const jpeg = Buffer.from('\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00', 'latin1')
const webp = Buffer.concat([Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1'), Buffer.alloc(20)])

describe('a GIF', () => {
  test('is one, whatever its width and height are', () => {
    const missed: number[] = []
    for (let width = 1; width <= 8_000; width++)
      for (const height of [1, 600, 2400, 2880, 8224]) if (!imageType(gif(width, height))) missed.push(width)
    expect(missed).toEqual([])
  })

  test.each([2400, 2880, 8224, 9, 320])('of width %i is posted', async (width) => {
    expect((await upload(role, file(gif(width), 'image/gif'))).status).toBe(201)
    expect(sentParts()?.[0]).toMatchObject({ type: 'image/gif', bytes: gif(width).length })
  })

  test.each([
    '/*\0\0*/=1;alert(1)',
    '//\0\0\0\0\0\nalert(1)',
    '=1;alert(1)',
    ' = 1;alert(1)//',
    '="\0\0\0\0\0";alert(1)',
    '`\t, `;alert(1)',
    '\n=1;    ',
  ])('whose name goes on as the script %j is none', (script) => {
    expect(imageType(Buffer.from(`GIF89a${script}`, 'latin1'))).toBeUndefined()
  })
})

describe('a file is judged by its bytes, and its true type is sent', () => {
  test.each([
    [
      'image/png',
      png,
      [undefined, 'application/octet-stream', 'binary/octet-stream', 'image/x-png', 'IMAGE/PNG', 'image/png; charset=binary'],
    ],
    ['image/jpeg', jpeg, [undefined, 'application/octet-stream', 'image/jpg', 'image/pjpeg', 'image/JPG']],
    ['image/gif', gif(2880), [undefined, 'application/octet-stream', '']],
    ['image/webp', webp, [undefined, 'application/octet-stream']],
  ] as [string, Buffer, (string | undefined)[]][])('%s', async (type, bytes, declared) => {
    for (const named of declared) {
      const answer = await upload(role, file(bytes, named))
      expect([named, answer.status, sentParts()?.[0]]).toEqual([named, 201, expect.objectContaining({ type })])
    }
  })

  test.each(['text/html', 'image/svg+xml', 'application/javascript', 'image/gif', 'image/jpg', 'application/pdf', 'multipart/mixed'])(
    'a PNG that is declared as %s is refused',
    async (declared) => {
      bff.sent()
      const answer = await upload(role, file(png, declared))
      expect([answer.status, answer.json.error.code, bff.sent()]).toEqual([415, 'unsupported_media_type', 0])
    },
  )

  test('what is no image stays refused when nothing is declared', async () => {
    bff.sent()
    for (const bytes of ['<svg xmlns="http://www.w3.org/2000/svg"/>', '<!doctype html>', 'MZ', '', '%PDF-1.7'])
      for (const declared of [undefined, 'application/octet-stream', 'image/jpg'])
        expect((await upload(role, file(Buffer.from(bytes), declared))).status).toBe(415)
    expect(bff.sent()).toBe(0)
  })
})

describe('a form field', () => {
  const broken = [[0xff], [0x61, 0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xe9]]
  test.each(broken.map((bytes) => [Buffer.from(bytes)]))(
    'of the bytes %j is refused and not repaired, before the file and after it',
    async (bytes) => {
      for (const type of ['', 'text/plain; charset=utf-8', 'text/plain; charset=iso-8859-1'])
        for (const order of [
          [role, field('text', bytes, type), file(png)],
          [role, file(png), field('text', bytes, type)],
        ]) {
          const answer = await upload(...order)
          expect([answer.status, answer.json.detail]).toEqual([400, 'text: not valid UTF-8'])
        }
      expect(bff.sandbox.requests.filter(({ applied, operation }) => applied && operation === 'post_image_message')).toHaveLength(posted)
    },
  )
  let posted = 0
  beforeAll(() => {
    posted = bff.sandbox.requests.filter(({ applied, operation }) => applied && operation === 'post_image_message').length
  })

  test('of any UTF-8 goes on as it is, a replacement character among it', async () => {
    const text = 'Zoë \u{1f600} \ufffd \ufeff مثال'
    expect((await upload(role, field('text', text), field('altText', text, 'text/plain; charset=utf-8'), file(png))).status).toBe(201)
    expect(sentParts()?.filter(({ field }) => field !== 'source')).toEqual([
      { field: 'role', value: 'appUser' },
      { field: 'text', value: text },
      { field: 'altText', value: text },
    ])
  })

  test('of a sign-in form is refused and not repaired, however it is written', async () => {
    await using echo = await startEcho({}, { routes: (app) => app.post('/form', async (req, res) => void res.json(await readForm(req))) })
    const post = async (body: string | Uint8Array<ArrayBuffer>) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await fetch(`${echo.address.url}/form`, { method: 'POST', headers, body })
      return [answer.status, await answer.json()] as const
    }
    for (const body of ['a=%FF', 'a=%E2%82', 'a=%zz', '%C0=1', new Uint8Array([0x61, 0x3d, 0xff])]) expect((await post(body))[0]).toBe(400)
    expect(await post('a=b+c%2B%26&d=%EF%BF%BD=1&e&f=')).toEqual([200, { a: 'b c+&', d: '\ufffd=1', e: '', f: '' }])
  })
})
