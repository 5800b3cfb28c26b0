/** An image that breaks on its way, from either side: no hang, no second send, no whole form by accident, and flat memory. */
import { afterAll, describe, expect, test } from '@jest/globals'
import { Problem } from '../../src/contract/problems.ts'
import { until } from '../support/until.ts'
import { json, listen, listenRaw } from '../upstream/vendor.ts'
import { boundary, field, file, form, gateway, multipart, open, png, pngOf, upload } from './uploads.ts'

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
describe('an upload that breaks on its way', () => {
  /** A vendor that notes what it got and whether the form came to its end. */
  const watching = async () => {
    let bytes = ''
    let closed = false
    const vendor = await listen(
      (req) => {
        req.on('data', (chunk: Buffer) => {
          bytes += chunk.toString('latin1')
        })
        req.on('error', () => {})
        req.on('close', () => {
          closed = true
        })
      },
      { record: false },
    )
    return Object.assign(vendor, { bytes: () => bytes, closed: () => closed })
  }

  test.each([
    ['a wrong role after the file', form(file(png), field('role', 'admin')), 400],
    ['no role at all', form(file(png)), 400],
    ['an unknown field after the file', form(file(png), role, field('metadata', 'x')), 400],
    ['a doubled field after the file', form(file(png), role, role), 400],
    ['a second source', form(role, file(png), file(png)), 400],
    ['another file', form(role, file(png), file(png, { name: 'thumb' })), 400],
    ['no closing boundary', Buffer.concat([role, file(png)]), 400],
    ['a file that stops in the middle', Buffer.concat([role, file(pngOf(200_000))]).subarray(0, 100_000), 400],
  ])('%s: 400, and the vendor never gets a whole form', async (_name, body, status) => {
    await using vendor = await watching()
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, body)).toMatchObject({ status, json: { code: 'bad_request', outcome: 'not_sent' } })
    await until(() => vendor.bytes() === '' || vendor.closed())
    expect(vendor.bytes()).not.toMatch(/name="role"|--\r\n$/)
  })

  test('a role that may not be used, when it came last: the fields before the file were known early', async () => {
    const seen: unknown[] = []
    const checkFields = (fields: unknown) => {
      seen.push(fields)
      throw new Problem('role_mismatch')
    }
    await using vendor = await watching()
    await using proxy = await gateway(vendor, { checkFields })
    const answer = await upload(proxy, form(field('name', 'Mina'), file(pngOf(200_000)), role))
    expect(answer).toMatchObject({ status: 403, json: { code: 'role_mismatch', outcome: 'not_sent' } })
    expect(seen).toEqual([{ name: 'Mina', role: 'appUser' }])
    await until(vendor.closed)
    expect(vendor.bytes()).not.toMatch(/name="role"|--\r\n$/)
  })

  test('a client that hangs up takes the upstream request with it', async () => {
    await using vendor = await watching()
    await using proxy = await gateway(vendor)
    const { outgoing } = open(proxy)
    outgoing.write(Buffer.concat([role, file(pngOf(200_000)).subarray(0, 100_000)]))
    await until(() => vendor.bytes().length > 50_000)
    outgoing.destroy()
    await until(() => vendor.closed() && proxy.ends.length > 0)
    expect(proxy.ends).toEqual(['bad_request'])
    expect(vendor.bytes()).not.toMatch(/name="role"|--\r\n$/)
  })

  test('a client that goes too slowly: 408', async () => {
    await using vendor = await watching()
    await using proxy = await gateway(vendor, { minRate: { bytes: 100, window: 40 } })
    const { outgoing, answer } = open(proxy)
    outgoing.write(Buffer.concat([role, file(pngOf(2000)).subarray(0, 1000)]))
    expect(await answer).toMatchObject({ status: 408, json: { code: 'timeout', outcome: 'not_sent' } })
    outgoing.destroy()
    await until(vendor.closed)
  })

  test('a client that never comes to an end: 408', async () => {
    await using vendor = await watching()
    await using proxy = await gateway(vendor, { deadline: 60 })
    const { outgoing, answer } = open(proxy)
    outgoing.write(role)
    expect(await answer).toMatchObject({ status: 408 })
    outgoing.destroy()
    expect(vendor.bytes()).toBe('')
  })

  test('more before the form than a form may be: 413', async () => {
    await using vendor = await watching()
    await using proxy = await gateway(vendor, { bytes: 1_000 })
    const body = Buffer.concat([Buffer.alloc(200_000, 'x'), Buffer.from('\r\n'), form(role, file(png))])
    expect(await upload(proxy, body, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 413, json: { code: 'too_large' } })
    expect(vendor.bytes()).toBe('')
  })

  test('what is left of a refused upload flows by, and the connection lives on', async () => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor)
    const { outgoing, answer } = open(proxy, { connection: 'keep-alive' })
    outgoing.write(Buffer.concat([role, file('<svg></svg>'.padEnd(99), { type: 'image/svg+xml' })]))
    expect((await answer).status).toBe(415)
    outgoing.end(Buffer.alloc(3_000_000))
    await new Promise((resolve) => outgoing.once('close', resolve))
    expect(outgoing.errored).toBeNull()
  })

  test('but not without end', async () => {
    await using vendor = await vendorOk()
    await using proxy = await gateway(vendor, { bytes: 1000 })
    const { outgoing, answer } = open(proxy)
    outgoing.write(Buffer.concat([role, file('<svg></svg>'.padEnd(99), { type: 'image/svg+xml' })]))
    expect((await answer).status).toBe(415)
    const gone = new Promise((resolve) => outgoing.once('close', resolve))
    outgoing.on('error', () => {})
    for (let sent = 0; sent < 400 && !outgoing.destroyed; sent += 1) {
      outgoing.write(Buffer.alloc(10_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await gone
  })
})

describe('a vendor that breaks an upload', () => {
  const big = form(role, file(pngOf(5_000_000)))

  test.each([
    [401, 502, 'upstream_credentials', 'failure'],
    [413, 413, 'too_large', 'failure'],
    [415, 415, 'unsupported_media_type', 'failure'],
    [503, 504, 'upstream_unknown', 'unknown'],
    [201, 504, 'upstream_unknown', 'unknown'],
  ])('a %d in the middle becomes %d, without a second send', async (status, ours, code, outcome) => {
    await using vendor = await listen(
      (req, res) => {
        req.once('data', () => json(status, status === 201 ? message : { error: { code: 'some_code' } })(req, res))
      },
      { record: false },
    )
    let arrivals = 0
    vendor.server.on('request', () => {
      arrivals += 1
    })
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, big)).toMatchObject({ status: ours, json: { code, outcome } })
    expect(arrivals).toBe(1)
  })

  test('an answer while the client is still writing is passed on at once', async () => {
    await using vendor = await listen((req, res) => void req.once('data', () => json(413, {})(req, res)), { record: false })
    await using proxy = await gateway(vendor)
    const { outgoing, answer } = open(proxy)
    outgoing.write(big.subarray(0, 100_000))
    expect((await answer).status).toBe(413)
    outgoing.end(big.subarray(100_000))
    await new Promise((resolve) => outgoing.once('close', resolve))
  })

  test('a reset in the middle, and one at the end, is not known', async () => {
    await using vendor = await listenRaw((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, big)).toMatchObject({ status: 504, json: { code: 'upstream_unknown', outcome: 'unknown' } })
    expect(vendor.arrivals).toHaveLength(1)
  })

  test('a vendor that does not read, and one that does not answer: 504 in time', async () => {
    await using vendor = await listenRaw((socket) => void socket.pause())
    await using proxy = await gateway(vendor, {}, { timeLimit: () => 1_500 })
    for (const body of [form(role, file(pngOf(9_000_000))), form(role, file(png))]) {
      expect(await upload(proxy, body)).toMatchObject({ status: 504, json: { code: 'upstream_unknown', outcome: 'unknown' } })
    }
    expect(vendor.arrivals).toHaveLength(2)
  })

  test('a vendor that reads on only when the time of the upload is over: nobody knows', async () => {
    await using vendor = await listenRaw((socket) => {
      socket.pause()
      setTimeout(() => socket.resume(), 900)
    })
    await using proxy = await gateway(vendor, { deadline: 300 })
    const answer = await upload(proxy, form(role, file(pngOf(9_000_000))))
    expect(answer).toMatchObject({ status: 504, json: { code: 'upstream_unknown', outcome: 'unknown' } })
  })

  test('nobody there: nothing was sent', async () => {
    const vendor = await vendorOk()
    await vendor[Symbol.asyncDispose]()
    await using proxy = await gateway(vendor)
    expect(await upload(proxy, big)).toMatchObject({ status: 502, json: { code: 'upstream_error', outcome: 'not_sent' } })
  })
})

describe('memory', () => {
  const chunk = Buffer.alloc(65_536, 7)

  /** Writes at the pace that the gateway allows; returns how much it took. */
  const pump = async (proxy: { port: number }, total: number, patience: number) => {
    const { outgoing, answer } = open(proxy, { 'content-type': multipart })
    outgoing.on('error', () => {})
    outgoing.write(Buffer.concat([role, file(png).subarray(0, -2)]))
    let sent = 0
    let peak = 0
    for (; sent < total; sent += chunk.length) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      if (outgoing.write(chunk)) continue
      const drained = new Promise<boolean>((resolve) => outgoing.once('drain', () => resolve(true)))
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, patience, false).unref())
      if (!(await Promise.race([drained, late]))) break
    }
    return { outgoing, answer, sent, peak }
  }

  test('a vendor that does not read holds the client back', async () => {
    const before = process.memoryUsage().arrayBuffers
    await using vendor = await listen((req) => void req.pause(), { record: false })
    await using proxy = await gateway(vendor, { bytes: 200_000_000 })
    const { outgoing, sent, peak } = await pump(proxy, 100_000_000, 300)
    // What the kernel's socket buffers hold, on two connections; our own share is far below.
    expect(sent).toBeLessThan(30_000_000)
    expect(peak - before).toBeLessThan(8_000_000)
    outgoing.destroy()
  })

  test('200 MB pass without being held', async () => {
    let received = 0
    await using vendor = await listen(
      (req, res) => {
        req.on('data', (data: Buffer) => {
          received += data.length
        })
        req.on('end', () => json(201, message)(req, res))
      },
      { record: false },
    )
    await using proxy = await gateway(vendor, { bytes: 300_000_000 })
    const before = process.memoryUsage.rss()
    const { outgoing, answer, sent } = await pump(proxy, 200_000_000, 5000)
    outgoing.end(`\r\n--${boundary}--\r\n`)
    expect((await answer).status).toBe(201)
    expect(received).toBeGreaterThan(sent)
    expect(process.memoryUsage.rss() - before).toBeLessThan(120_000_000)
  })
})
