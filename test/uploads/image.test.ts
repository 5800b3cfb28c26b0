/** An image on its way: what passes, what never does, and that the vendor gets a whole form or none. */
import { afterAll, describe, expect, test } from '@jest/globals'
import { Problem } from '../../src/contract/problems.ts'
import { json, listen, listenRaw } from '../upstream/vendor.ts'
import { boundary, end, field, file, form, gateway, open, png, pngOf, upload } from './uploads.ts'

const message = {
  message: { _id: 'm', authorId: 'a', role: 'appUser', type: 'image', received: 1772445600.123 },
  conversation: { _id: 'c' },
}
const vendorOk = () => listen(json(201, message))

const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)
process.on('unhandledRejection', onRejection)
afterAll(() => {
  process.off('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})

const role = field('role', 'appUser')
const riff = Buffer.concat([Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1'), Buffer.alloc(20)])

describe('an image that passes', () => {
  test.each([
    ['source first, as JavaScript and Ruby send it', form(file(png), role)],
    ['role first, as Python sends it', form(role, file(png))],
    ['with a preamble and an epilogue', Buffer.concat([Buffer.from('hello\r\n'), form(file(png), role), Buffer.from('bye')])],
  ])('%s', async (_name, body) => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, body)).toEqual({ status: 201, json: message })

    const [request, ...others] = vendor.requests
    expect(others).toEqual([])
    expect([request?.method, request?.url, request?.headers['transfer-encoding']]).toEqual([
      'POST',
      '/v1.1/apps/69f0100f2a3b4c5d6e7f8091/appusers/u/images',
      'chunked',
    ])
    const type = request?.headers['content-type'] ?? ''
    expect(type).toMatch(/^multipart\/form-data; boundary=smooch-bff-/)
    const parts = await new Response(new Uint8Array(request!.body), { headers: { 'content-type': type } }).formData()
    expect([...parts.keys()]).toEqual(['source', 'role'])
    const source = parts.get('source') as File
    expect([source.name, source.type]).toEqual(['image.png', 'image/png'])
    expect(Buffer.from(await source.arrayBuffer()).equals(png)).toBe(true)
    expect(request?.body.includes(boundary) || request?.body.includes('photo')).toBe(false)
  })

  test('the other fields go along, whatever they hold', async () => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const fields = {
      role: 'appMaker',
      name: 'Zoë',
      text: `a\r\n--${boundary}\r\n"b"`.replaceAll('--XX', '-- XX'),
      email: 'a@b.c',
      avatarUrl: 'https://x/y',
      altText: 'alt',
    }
    const body = form(file(png), ...Object.entries(fields).map(([name, value]) => field(name, value)))
    expect((await upload(proxy, body)).status).toBe(201)
    const { headers, body: sent } = vendor.requests[0]!
    const parts = await new Response(new Uint8Array(sent), { headers: { 'content-type': headers['content-type']! } }).formData()
    parts.delete('source')
    expect(Object.fromEntries(parts)).toEqual(fields)
  })

  test.each([
    ['image/png', png],
    ['image/jpeg', '\xff\xd8\xff\xe0 jpeg'],
    ['image/gif', 'GIF89a\x01\x00\x01\x00 gif'],
    ['image/gif', 'GIF87a\x80\x02\xe0\x01 gif'],
    ['image/webp', riff],
  ])('%s is told by its first bytes, however small the pieces', async (type, bytes) => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const { outgoing, answer } = open(proxy)
    outgoing.setNoDelay(true)
    for (const byte of form(file(bytes, { type, filename: '../../x.svg' }), role)) outgoing.write(Buffer.of(byte))
    outgoing.end()
    expect((await answer).status).toBe(201)
    expect(vendor.requests[0]?.body.toString('latin1')).toContain(`filename="image.${type.slice(6)}"\r\nContent-Type: ${type}\r\n`)
  })

  test('10 MB is the most, with and without a length', async () => {
    const size = 10 * 1024 * 1024
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const whole = form(role, file(pngOf(size)))
    expect((await upload(proxy, whole, { 'content-length': whole.length })).status).toBe(201)
    const over = form(role, file(pngOf(size + 1)))
    expect(await upload(proxy, over, { 'content-length': over.length })).toMatchObject({
      status: 413,
      json: { code: 'too_large', outcome: 'not_sent' },
    })
    expect(await upload(proxy, over, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 413, json: { code: 'too_large' } })
    const far = form(role, file(pngOf(size + 1_000_000)))
    expect(await upload(proxy, far, { 'content-length': far.length })).toMatchObject({ status: 413 })
    expect(vendor.requests).toHaveLength(1)
  })
})

describe('an upload of which nothing is sent', () => {
  test.each([
    ['SVG', form(role, file('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', { type: 'image/svg+xml' }))],
    ['SVG that says PNG', form(role, file('<svg xmlns="http://www.w3.org/2000/svg"/>'))],
    ['HTML', form(role, file('<!doctype html><script>', { type: 'text/html' }))],
    ['a PNG that says JPEG', form(role, file(png, { type: 'image/jpeg' }))],
    ['a PNG that says HTML', form(role, file(png, { type: 'text/html' }))],
    ['a PNG that says SVG', form(role, file(png, { type: 'image/svg+xml' }))],
    ['a GIF that is a script', form(role, file('GIF89a/*\x01\x00*/=1;alert(1)', { type: 'image/gif' }))],
    ['a GIF that is a script, by a space', form(role, file('GIF89a = 1;alert(1)//', { type: 'image/gif' }))],
    ['an empty file', form(role, file(''))],
    ['a file of four bytes', form(role, file('\x89PNG'))],
    ['a RIFF that is no WebP', form(role, file('RIFF\x10\x00\x00\x00WAVEfmt ', { type: 'image/webp' }))],
  ])('%s: 415', async (_name, body) => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, body)).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } })
    expect(vendor.requests).toHaveLength(0)
  })

  test.each([
    ['JSON', 'application/json', 415, /multipart\/form-data/],
    ['no boundary', 'multipart/form-data; charset=utf-8', 400, /boundary/],
    ['another multipart', 'multipart/mixed; boundary=x', 415, /multipart\/form-data/],
  ])('%s', async (_name, type, status, words) => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const answer = await upload(proxy, form(role, file(png)), { 'content-type': type })
    expect(answer).toMatchObject({ status, json: { message: expect.stringMatching(words) } })
  })

  test('what smooch-core sends on Node 18 and later is answered with the way out', async () => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const response = await fetch(`http://127.0.0.1:${proxy.port}`, { method: 'POST', body: new Blob(['[object FormData]']) })
    expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([415, expect.stringContaining('form-data')])
  })

  test('a packed body', async () => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    expect((await upload(proxy, form(role, file(png)), { 'content-encoding': 'gzip' })).status).toBe(415)
  })

  test.each([
    ['no file', form(role)],
    ['a file in another field', form(role, file(png, { name: 'image' }))],
    ['a wrong role before the file', form(field('role', 'admin'), file(png))],
    ['an unknown field before the file', form(role, field('metadata', 'x'), file(png))],
    ['__proto__', form(role, field('__proto__', 'x'), file(png))],
    ['a doubled field before the file', form(role, role, file(png))],
    ['a field that is too long', form(role, field('text', 'x'.repeat(5000)), file(png))],
    ['a field that is far too long', form(role, field('text', 'x'.repeat(50_000)), file(png))],
    ['nothing', Buffer.alloc(0)],
    ['only the end', end],
  ])('%s: 400', async (_name, body) => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, body)).toMatchObject({ status: 400, json: { code: 'bad_request' } })
    expect(vendor.requests).toHaveLength(0)
  })

  test('a role that may not be used, when it came first', async () => {
    await using vendor = await listenRaw(() => {})
    const checkFields = () => {
      throw new Problem('role_mismatch')
    }
    await using proxy = await gateway(vendor, { checkFields })
    expect(await upload(proxy, form(role, file(pngOf(300_000))))).toMatchObject({ status: 403, json: { code: 'role_mismatch' } })
    expect(vendor.arrivals).toHaveLength(0)
  })
})
