/** Makes multipart uploads by hand, and a small gateway that sends them upstream, for the tests of images. */
import { once } from 'node:events'
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problems.ts'
import { readImageForm } from '../../src/uploads/image.ts'
import { appAt, upstreamWith } from '../upstream/vendor.ts'

export const boundary = 'XX-the-clients-own-XX'
export const multipart = `multipart/form-data; boundary=${boundary}`

export const field = (name: string, value: string): Buffer =>
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)

export const file = (bytes: Buffer | string, { type = 'image/png', name = 'source', filename = 'photo.png' } = {}): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`),
    Buffer.from(bytes as string, 'latin1'),
    Buffer.from('\r\n'),
  ])

export const end = Buffer.from(`--${boundary}--\r\n`)
export const form = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, end])

export const png = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from('\x00\x00\x00\rIHDR and more \xff\r\n--', 'latin1'),
])
/** A PNG by its first bytes, of exactly that size. */
export const pngOf = (size: number): Buffer => Buffer.concat([png, Buffer.alloc(size - png.length, 7)])

type FormOptions = Parameters<typeof readImageForm>[1]

/** Reads an image and sends it, as the pipeline does; answers with the status, code and outcome. */
export const gateway = async (
  vendor: { origin: string },
  options: FormOptions = {},
  upstreamOptions?: Parameters<typeof upstreamWith>[0],
) => {
  const upstream = upstreamWith(upstreamOptions)
  const app = appAt(vendor.origin, { keys: 2 })
  const ends: string[] = []
  const server = createServer(async (req, res) => {
    try {
      using image = await readImageForm(req, options)
      const answer = await upstream.call(app, { operation: operations.post_image_message, params: { userId: 'u' }, image })
      ends.push('ok')
      res.writeHead(answer.status).end(JSON.stringify(answer.body))
    } catch (error) {
      const { code, status, message, particulars } = error instanceof Problem ? error : new Problem('internal', { detail: String(error) })
      ends.push(code)
      res.writeHead(status).end(JSON.stringify({ code, message, outcome: particulars.outcome }))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    /** How each upload ended, in the gateway's eyes. */
    ends,
    alarms: upstream.alarms,
    [Symbol.asyncDispose]: async () => {
      upstream.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Opens an upload and leaves the writing to the caller. */
export const open = (to: { port: number }, headers: Record<string, string | number> = {}) => {
  const outgoing: ClientRequest = request({
    port: to.port,
    host: '127.0.0.1',
    method: 'POST',
    agent: false,
    headers: { 'content-type': multipart, ...headers },
  })
  const answer = new Promise<{ status: number; json: Record<string, unknown> }>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.once('response', async (incoming: IncomingMessage) => {
      resolve({ status: incoming.statusCode ?? 0, json: JSON.parse(await text(incoming)) })
    })
  })
  answer.catch(() => {})
  return { outgoing, answer }
}

export const upload = (to: { port: number }, body: Buffer, headers: Record<string, string | number> = {}) => {
  const { outgoing, answer } = open(to, headers)
  outgoing.end(body)
  return answer
}
