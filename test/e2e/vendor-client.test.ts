/** The vendor's own JavaScript client, unmodified: only the address and the token are ours. All thirteen operations, in both path forms. */

import { randomUUID } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { all } from '../../src/contract/operations.ts'
import { appId, type Bff, png, startBff } from '../support/bff.ts'

type Method = (...args: unknown[]) => Promise<Record<string, unknown> | undefined>
interface AppUsers {
  readonly [method: string]: Method
}
interface ClientError extends Error {
  readonly code?: string
  readonly description?: string
  readonly response: { readonly status: number; readonly headers: { get(name: string): string | null } }
}

const { require, own } = { require: createRequire(import.meta.url), own: globalThis.FormData }
const folder = mkdtempSync(join(tmpdir(), 'bff-picture-'))
const picture = join(folder, 'picture.png')

let bff: Bff
let Smooch: new (options: { serviceUrl: string; jwt: string }) => { appUsers: AppUsers }
beforeAll(async () => {
  bff = await startBff()
  writeFileSync(picture, png)
  // Its uploads have been broken since Node 18 brought a FormData of its own that its old fetch does not know.
  globalThis.FormData = require('form-data')
  Smooch = require('smooch-core')
})
afterAll(async () => {
  globalThis.FormData = own
  rmSync(folder, { recursive: true })
  await bff[Symbol.asyncDispose]()
})

describe.each(['app', 'account'])('a program whose token has the scope %s', (scope) => {
  let users: AppUsers
  /** With account scope every call names the app first. */
  const named = (...args: unknown[]) => (scope === 'account' ? [appId, ...args] : args)
  const call = (method: string, ...args: unknown[]) => users[method]!(...named(...args))
  const create = (appUser: object) => (scope === 'account' ? users['create']!(appId, appUser) : users['create']!({ appUser }))

  beforeAll(async () => {
    const minted = await bff.private('POST', '/sessions', {
      kind: 'service',
      scope,
      roles: ['agent', 'admin', 'service'],
      actor: { id: `back-office-${scope}` },
    })
    users = new Smooch({ serviceUrl: `${bff.app.publicUrl}/bff`, jwt: minted.json.token }).appUsers
  })

  test('does thirteen of thirteen', async () => {
    const from = bff.sandbox.requests.length
    const userId = `customer-${scope}`
    const integration = bff.sandbox.integration(appId, 'messenger')!

    const { appUser } = (await create({
      userId,
      givenName: 'Mina',
      signedUpAt: new Date('2026-03-02T10:15:00Z'),
      properties: { plan: 'gold' },
    })) as { appUser: { _id: string } }
    expect(appUser).toMatchObject({ userId, givenName: 'Mina', signedUpAt: '2026-03-02T10:15:00.000Z', properties: { plan: 'gold' } })
    bff.sandbox.addClient(appId, userId, { platform: 'twilio', externalId: '+15145550100' })
    bff.sandbox.addBusinessSystem(appId, userId, { type: 'slack', channelId: 'C0420TEST' })

    expect(await call('get', userId)).toMatchObject({ appUser: { _id: appUser._id } })
    expect(await call('update', userId, { surname: 'Okafor', properties: { seats: 3 } })).toMatchObject({
      appUser: { surname: 'Okafor', properties: { plan: 'gold', seats: 3 } },
    })
    expect(await call('getChannels', userId)).toMatchObject({ channels: [{ type: 'twilio', phoneNumber: '+15145550100' }] })
    expect(await call('getBusinessSystems', userId)).toEqual({ businessSystems: [{ type: 'slack', channelId: 'C0420TEST' }] })
    expect(await call('getAuthCode', userId)).toEqual({ authCode: expect.any(String) })
    expect(await call('getLinkRequests', userId, [integration])).toMatchObject({
      linkRequests: [{ integrationId: integration, type: 'messenger' }],
    })
    expect(
      await call('linkChannel', userId, { type: 'mailgun', address: 'mina@mail.example', confirmation: { type: 'immediate' } }),
    ).toMatchObject({
      appUser: { pendingClients: [{ platform: 'mailgun' }] },
    })
    expect(await call('uploadImage', userId, createReadStream(picture), { role: 'appMaker', text: 'look' })).toMatchObject({
      message: { role: 'appMaker', type: 'image', mediaType: 'image/png', text: 'look' },
      conversation: { unreadCount: 1 },
    })
    expect(await call('unlinkChannel', userId, 'twilio')).toEqual({})
    const cleared = (await call('deleteProfile', userId)) as { appUser: object }
    expect(cleared.appUser).toMatchObject({ _id: appUser._id, userId, properties: {} })
    expect(cleared.appUser).not.toHaveProperty('givenName')
    const other = bff.sandbox.createUser(appId, { userId: `other-${scope}` })
    expect(await call('mergeUsers', { surviving: { _id: other._id }, discarded: { _id: appUser._id } })).toEqual({})
    expect(await call('delete', other.userId)).toEqual({})
    expect(bff.sandbox.user(appId, other._id)).toBeUndefined()

    const applied = new Set(bff.sandbox.requests.slice(from).flatMap((it) => (it.applied ? [it.operation] : [])))
    expect(applied).toEqual(new Set(all.map(({ id }) => id)))
  })

  const failure = (work: Promise<unknown>): Promise<ClientError> =>
    work.then(
      () => Promise.reject(new Error('it succeeded')),
      (error: ClientError) => error,
    )

  test('can read code and description of a 404', async () => {
    // Somebody new for each scope: who is known not to exist is not asked about again for some seconds.
    const error = await failure(call('get', `nobody-${randomUUID()}`))
    expect([error.response.status, error.code, error.description]).toEqual([404, 'user_not_found', 'User not found'])
    expect(error.message).toBe('User not found')
  })

  test('can read what we ourselves refuse', async () => {
    const field = await failure(call('update', 'nobody', { admin: true }))
    expect([field.response.status, field.code, field.description]).toEqual([400, 'bad_request', expect.stringContaining('admin')])
    const path = await failure(call('delete', '..'))
    expect([path.response.status, path.code]).toEqual([400, 'invalid_path'])
  })
})

test('an id of letters beyond ASCII is found once it is encoded, which the client does not do', async () => {
  const userId = 'müller & söhne'
  bff.sandbox.createUser(appId, { userId })
  const minted = await bff.private('POST', '/sessions', { kind: 'service', roles: ['agent'], actor: { id: 'encoding' } })
  const { appUsers } = new Smooch({ serviceUrl: `${bff.app.publicUrl}/bff`, jwt: minted.json.token })
  expect(await appUsers['get']!(encodeURIComponent(userId))).toMatchObject({ appUser: { userId } })
  // As it stands, a slash ends the id and a question mark begins the query.
  bff.sent()
  for (const id of ['a/b', 'a?b=c']) await expect(appUsers['get']!(id)).rejects.toThrow()
  expect(bff.sent()).toBe(0)
})

test('an end user with the same client and the scope appUser', async () => {
  bff.sandbox.createUser(appId, { userId: 'ada' })
  const minted = await bff.private('POST', '/sessions', { kind: 'bearer', scope: 'appUser', userId: 'ada' })
  const users = new Smooch({ serviceUrl: `${bff.app.publicUrl}/bff`, jwt: minted.json.token }).appUsers
  expect(await users['get']!('ada')).toMatchObject({ appUser: { userId: 'ada' } })
  await expect(users['get']!('customer-app')).rejects.toMatchObject({ code: 'user_not_found' })
})

test('an upload without the mended FormData is told what to do', async () => {
  const minted = await bff.private('POST', '/sessions', { kind: 'service', roles: ['agent'], actor: { id: 'unmended' } })
  const { appUsers } = new Smooch({ serviceUrl: `${bff.app.publicUrl}/bff`, jwt: minted.json.token })
  globalThis.FormData = own
  try {
    bff.sent()
    await expect(appUsers['uploadImage']!('ada', createReadStream(picture), { role: 'appMaker' })).rejects.toMatchObject({
      code: 'unsupported_media_type',
      description: expect.stringContaining('global.FormData'),
    })
    expect(bff.sent()).toBe(0)
  } finally {
    globalThis.FormData = require('form-data')
  }
})
