/** A deletion that was to happen only under a condition (If-Match, If-None-Match) happened without it, part of a body (Content-Range) was taken for the whole, and a request of HTTP/2.0 in the clear was answered as one of HTTP/1.1. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { all } from '../../../src/contract/operations.ts'
import { type Bff, startBff } from '../../support/bff.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { sendRaw } from '../../support/raw.ts'

let bff: Bff
let token: string
beforeAll(async () => {
  bff = await startBff()
  token = (await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } }))['authorization']!
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
})

const changes = all.filter(({ method }) => method !== 'GET').map(({ id, method, path }) => [id, method, path] as const)

const send = async (method: string, path: string, headers: readonly string[], version = '1.1', base = bff.app.publicUrl) => {
  const { host, port } = new URL(base)
  const head = [`${method} ${path} HTTP/${version}`, `Host: ${host}`, ...headers, '', ''].join('\r\n')
  const { status, body } = (await sendRaw({ port: Number(port) }, head)).first
  return [status, body === '' ? undefined : (JSON.parse(body) as { error?: { code?: string } }).error?.code]
}

test.each(changes)('%s under a condition is 412 and is not sent', async (_id, method, path) => {
  const target = `/bff/v1.1${path.replace(':userId', 'cust-20481').replace(':channel', 'twilio')}`
  bff.sent()
  for (const condition of ['If-Match: "a"', 'If-Match: W/"a", "b"', 'If-Match: *', 'If-None-Match: *', 'If-None-Match: "a"'])
    expect(await send(method, target, [`Authorization: ${token}`, condition])).toEqual([412, 'precondition_failed'])
  expect(await send(method, target, [`Authorization: ${token}`, 'Content-Range: bytes 0-3/10'])).toEqual([400, 'bad_request'])
  expect(bff.sent()).toBe(0)
})

test('sessions are minted and ended under no condition either', async () => {
  const key = `Authorization: Bearer ${canaryServiceKey}`
  for (const method of ['POST', 'DELETE'])
    expect(await send(method, '/sessions', [key, 'If-Match: "a"'], '1.1', bff.app.privateUrl)).toEqual([412, 'precondition_failed'])
})

test.each(['2.0', '0.9'])('HTTP/%s is refused, and the connection ends', async (version) => {
  expect(await send('GET', '/bff/v1.1/appusers/cust-20481', [`Authorization: ${token}`], version)).toEqual([400, 'bad_request'])
  expect(await send('GET', '/livez', [], version, bff.app.privateUrl)).toEqual([400, 'bad_request'])
})
