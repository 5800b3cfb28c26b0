/** A call whose body was still coming was carried out after its session had ended: an administrator's deletion up to ten seconds, an image up to a minute later. */
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff, imageForm, type Mint, mina, startBff } from '../../support/bff.ts'

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
  const outgoing = request(`${bff.app.publicUrl}/bff${path}`, { method, headers })
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
    const outgoing = await begin(bff, 'DELETE', `/v1.1/appusers/${user._id}`, headers, '{')
    expect((await bff.private('POST', '/sessions/end', ended)).status).toBe(204)
    expect(await statusOf(outgoing, '}')).toBe(401)
    expect(bff.sent()).toBe(0)
  })

  test('a role that was taken meanwhile is not used', async () => {
    const { authorization } = await bff.signIn({ roles: ['admin'], actor: { id: 'eve' } })
    const user = bff.sandbox.createUser(appId, {})
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': 2 }
    const outgoing = await begin(bff, 'DELETE', `/v1.1/appusers/${user._id}`, headers, '{')
    expect((await bff.private('POST', '/sessions/roles', { actorId: 'eve', roles: ['agent'] })).status).toBe(204)
    expect(await statusOf(outgoing, '}')).toBe(403)
    expect(bff.sent()).toBe(0)
  })

  const sendImage = async (path: string, role: 'appUser' | 'appMaker', authorization: string, meanwhile: () => Promise<unknown>) => {
    const form = new Response(imageForm(role))
    const bytes = Buffer.from(await form.arrayBuffer())
    const headers = { authorization, 'content-type': form.headers.get('content-type')!, 'content-length': bytes.length }
    const outgoing = await begin(bff, 'POST', path, headers, bytes.subarray(0, -10))
    await meanwhile()
    return await statusOf(outgoing, bytes.subarray(-10))
  }

  test('the form of an image is not closed towards the vendor', async () => {
    const { authorization } = await bff.signIn()
    await bff.call('GET', '/v1.1/appusers/me', { headers: { authorization: authorization! } })
    const end = () => bff.private('POST', '/sessions/end', { userId: mina.userId })
    expect(await sendImage('/v1.1/appusers/me/images', 'appUser', authorization!, end)).toBe(401)
  })

  test.each([
    ['an agent', { roles: ['agent'] as const }, []],
    ['an agent who is a user now', { roles: ['agent'] as const }, ['user']],
    ['a program', { kind: 'service', roles: ['agent'] as const }, []],
  ])('an image of %s is not sent when the role was taken meanwhile', async (who, mint, roles) => {
    const { authorization } = await bff.signIn({ ...mint, roles: [...mint.roles], actor: { id: who } } as Mint)
    const take = () => bff.private('POST', '/sessions/roles', { actorId: who, roles })
    expect(await sendImage(`/v1.1/appusers/${mina.userId}/images`, 'appMaker', authorization!, take)).toBe(403)
  })

  test('an agent who was signed out meanwhile signs nobody out', async () => {
    const { authorization } = await bff.signIn({ roles: ['agent'], actor: { id: 'fired' } })
    const victim = await bff.signIn({ userId: 'victim' })
    const body = JSON.stringify({ userId: 'victim' })
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': body.length }
    const outgoing = await begin(bff, 'POST', '/auth/sessions/end', headers, body.slice(0, 5))
    await bff.private('POST', '/sessions/end', { actorId: 'fired' })
    expect(await statusOf(outgoing, body.slice(5))).toBe(401)
    expect((await bff.call('GET', '/auth/session', { headers: victim })).json.signedIn).toBe(true)
  })

  test('an ended session ends none that was begun after it', async () => {
    const { authorization } = await bff.signIn({ userId: 'anew' })
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': 2 }
    const outgoing = await begin(bff, 'DELETE', '/auth/sessions', headers, '{')
    await bff.private('POST', '/sessions/end', { userId: 'anew' })
    const anew = await bff.signIn({ userId: 'anew' })
    expect(await statusOf(outgoing, '}')).toBe(401)
    expect((await bff.call('GET', '/auth/session', { headers: anew })).json.signedIn).toBe(true)
  })

  test('an administrator who lost the role settles no operation', async () => {
    const { authorization } = await bff.signIn({ roles: ['admin'], actor: { id: 'zoe' } })
    const body = JSON.stringify({ verdict: 'applied' })
    const headers = { authorization: authorization!, 'content-type': 'application/json', 'content-length': body.length }
    const outgoing = await begin(bff, 'POST', '/ops/api/operations/none/resolve', headers, body.slice(0, 5))
    await bff.private('POST', '/sessions/roles', { actorId: 'zoe', roles: ['auditor'] })
    expect(await statusOf(outgoing, body.slice(5))).toBe(403)
  })
})
