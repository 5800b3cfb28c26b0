/** A call whose body was still coming was carried out after its session had ended: an administrator's deletion up to ten seconds, an image up to a minute later. */
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff, imageForm, mina, startBff } from '../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores: [string, Record<string, string>][] = [
  ['in this process', {}],
  ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }] as [string, Record<string, string>]] : []),
]

/** Sends the head and the first piece; the rest is for the caller. */
const begin = async (
  bff: Bff,
  method: string,
  path: string,
  headers: Record<string, string | number>,
  piece: string | Buffer,
): Promise<ClientRequest> => {
  const outgoing = request(`${bff.app.publicUrl}/bff/v1.1${path}`, { method, headers })
  outgoing.on('error', () => undefined)
  await new Promise((resolve) => outgoing.write(piece, resolve))
  await delay(100)
  return outgoing
}

const statusOf = async (outgoing: ClientRequest, rest: string | Buffer): Promise<number | undefined> => {
  const answer = once(outgoing, 'response') as Promise<[IncomingMessage]>
  outgoing.end(rest)
  const [response] = await answer
  response.resume()
  return response.statusCode
}

describe.each(stores)('sessions %s', (_name, env) => {
  let bff: Bff
  beforeAll(async () => {
    bff = await startBff({ env })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    bff.sent()
  })

  test.each([
    ['everyone', { everyone: true }],
    ['the person', { actorId: 'ada' }],
  ])('a deletion is not sent when %s was signed out meanwhile', async (_who, ended) => {
    const { authorization } = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const user = bff.sandbox.createUser(appId, {})
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': 2 }
    const outgoing = await begin(bff, 'DELETE', `/appusers/${user._id}`, headers, '{')
    expect((await bff.private('POST', '/sessions/end', ended)).status).toBe(204)
    expect(await statusOf(outgoing, '}')).toBe(401)
    expect(bff.sent()).toBe(0)
  })

  test('a role that was taken meanwhile is not used', async () => {
    const { authorization } = await bff.signIn({ roles: ['admin'], actor: { id: 'eve' } })
    const user = bff.sandbox.createUser(appId, {})
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': 2 }
    const outgoing = await begin(bff, 'DELETE', `/appusers/${user._id}`, headers, '{')
    expect((await bff.private('POST', '/sessions/roles', { actorId: 'eve', roles: ['agent'] })).status).toBe(204)
    expect(await statusOf(outgoing, '}')).toBe(403)
    expect(bff.sent()).toBe(0)
  })

  test('the form of an image is not closed towards the vendor', async () => {
    const { authorization } = await bff.signIn()
    const form = new Response(imageForm('appUser'))
    const bytes = Buffer.from(await form.arrayBuffer())
    const headers = { authorization: authorization!, 'content-type': form.headers.get('content-type')!, 'content-length': bytes.length }
    await bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: authorization! } })
    const outgoing = await begin(bff, 'POST', '/appusers/me/images', headers, bytes.subarray(0, -10))
    expect((await bff.private('POST', '/sessions/end', { userId: mina.userId })).status).toBe(204)
    expect(await statusOf(outgoing, bytes.subarray(-10))).toBe(401)
  })

  test('a program that ended with everyone is listed no more', async () => {
    await bff.signIn({ kind: 'service', roles: ['service'], actor: { id: 'sync' } })
    const count = async (): Promise<number> => (await bff.private('GET', '/sessions')).json.sessions.length
    expect(await count()).toBe(1)
    await bff.private('POST', '/sessions/end', { everyone: true })
    expect(await count()).toBe(0)
  })
})
