/** The typed client against the whole service: all thirteen operations, errors, and what does not compile. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ClientError, createClient } from '../../src/contract/client.ts'
import { all, type OperationId } from '../../src/contract/operations.ts'
import { type Bff, mina, png, startBff } from '../support/bff.ts'

const base = (bff: Bff) => `${bff.app.publicUrl}/bff`

const clientFor = async (bff: Bff, ...mint: Parameters<Bff['signIn']>) => {
  const { authorization = '' } = await bff.signIn(...mint)
  return createClient({ base: base(bff), token: () => authorization.replace('Bearer ', '') })
}

const failure = async (call: Promise<unknown>): Promise<ClientError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ClientError)
  return error as ClientError
}

const admin = { actor: { id: 'admin-1' }, roles: ['admin' as const] }

describe('the client', () => {
  test('calls all thirteen operations', async () => {
    await using bff = await startBff()
    const self = await clientFor(bff)
    const staff = await clientFor(bff, admin)
    const integrationId = (bff.sandbox.apps[0]?.integrations ?? []).find(({ type }) => type === 'messenger')!._id
    const called = new Set<OperationId>()
    const through = <T>(id: OperationId, answer: Promise<T>): Promise<T> => {
      called.add(id)
      return answer
    }

    const { appUser } = await through('get_app_user', self.get_app_user({ userId: 'me' }))
    expect(appUser).toMatchObject({ userId: mina.userId, givenName: 'Mina' })
    expect(await through('update_app_user', self.update_app_user({ userId: 'me', body: { surname: 'Lind' } }))).toMatchObject({
      appUser: { surname: 'Lind' },
    })
    const source = new File([new Uint8Array(png)], 'ü.png', { type: 'image/png' })
    expect(
      await through('post_image_message', self.post_image_message({ userId: 'me', role: 'appUser', text: 'Look', source })),
    ).toMatchObject({ message: { type: 'image' } })
    expect((await through('get_app_user_auth_code', self.get_app_user_auth_code({ userId: 'me' }))).authCode).toMatch(/./)
    const { linkRequests } = await through('get_link_requests', self.get_link_requests({ userId: 'me', integrationIds: [integrationId] }))
    expect(linkRequests).toMatchObject([{ integrationId, type: 'messenger' }])

    await through(
      'link_app_user',
      staff.link_app_user({
        userId: mina.userId,
        body: { type: 'twilio', phoneNumber: '+1 514-555-0100', confirmation: { type: 'immediate' } },
      }),
    )
    bff.sandbox.confirmLink(bff.sandbox.apps[0]!.appId, mina.userId)
    expect((await through('get_app_user_entity_ids', staff.get_app_user_entity_ids({ userId: mina.userId }))).channels).toMatchObject([
      { type: 'twilio' },
    ])
    expect(await through('unlink_app_user', staff.unlink_app_user({ userId: mina.userId, channel: 'twilio' }))).toEqual({})
    expect(await through('get_app_user_business_system_ids', staff.get_app_user_business_system_ids({ userId: mina.userId }))).toEqual({
      businessSystems: [],
    })

    const other = (await through('pre_create_app_user', staff.pre_create_app_user({ body: { userId: 'tenant/42' } }))).appUser
    expect(await through('delete_app_user_profile', staff.delete_app_user_profile({ userId: mina.userId }))).toMatchObject({
      appUser: { properties: {} },
    })
    expect(
      await through('merge_users', staff.merge_users({ body: { surviving: { _id: appUser._id }, discarded: { _id: other._id } } })),
    ).toEqual({})
    expect(await through('delete_app_user', staff.delete_app_user({ userId: appUser._id }))).toEqual({})
    expect(called).toEqual(new Set(all.map(({ id }) => id)))
  })

  test('tells an error by code, description, status, request id and how long to wait', async () => {
    await using bff = await startBff({ env: { LIMIT_READS: '2' } })
    const self = await clientFor(bff)
    const unknown = await failure(self.get_app_user({ userId: 'somebody/else?' }))
    expect(unknown).toMatchObject({ code: 'invalid_path', status: 400, retryAfter: undefined })
    const foreign = await failure(self.get_app_user({ userId: 'somebody-else' }))
    expect(foreign).toMatchObject({
      code: 'user_not_found',
      status: 404,
      description: 'There is no such user.',
      requestId: expect.stringMatching(/^req_/),
    })
    await self.get_app_user({ userId: 'me' })
    expect(await failure(self.get_app_user({ userId: 'me' }))).toMatchObject({
      code: 'too_many_requests',
      status: 429,
      retryAfter: expect.any(Number),
    })
  })

  test('says so when something else answered in place of the service', async () => {
    const proxy = async () => new Response('<h1>Bad Gateway</h1>', { status: 502, headers: { 'content-type': 'text/html' } })
    const client = createClient({ base: '/bff', fetch: proxy })
    expect(await failure(client.get_app_user({ userId: 'me' }))).toMatchObject({
      code: 'unreadable_answer',
      status: 502,
      requestId: undefined,
    })
  })

  test('sends the marker of our own pages always, and the page cookie only without a token', async () => {
    const sent: RequestInit[] = []
    const note = async (_url: unknown, init?: RequestInit) => {
      sent.push(init ?? {})
      return Response.json({})
    }
    await createClient({ base: '/bff', fetch: note as typeof fetch }).delete_app_user({ userId: 'a' })
    await createClient({ base: '/bff', fetch: note as typeof fetch, token: 't' }).delete_app_user({ userId: 'a' })
    expect(sent).toMatchObject([
      { credentials: 'same-origin', headers: [['X-BFF-CSRF', '1']] },
      {
        credentials: 'omit',
        headers: [
          ['X-BFF-CSRF', '1'],
          ['Authorization', 'Bearer t'],
        ],
      },
    ])
  })

  test.each(['', '.', '..'])('sends nothing when an id is "%s"', async (userId) => {
    const client = createClient({ base: '/bff', fetch: () => Promise.reject(new Error('was sent')) })
    await expect(client.delete_app_user({ userId })).rejects.toThrow('userId must be an id')
    await expect(client.unlink_app_user({ userId: 'a', channel: userId })).rejects.toThrow('channel must be an id')
  })

  test('imports nothing at run time but its own files, so that a browser can use it', () => {
    const seen = new Set<string>()
    const visit = (file: string) => {
      if (seen.has(file)) return
      seen.add(file)
      const text = readFileSync(new URL(`../../src/contract/${file}`, import.meta.url), 'utf8')
      for (const [, named, from] of text.matchAll(/^(?:import|export) (.+?) from '(.+?)'/gms))
        if (!named!.startsWith('type ')) visit(from!.replace('./', ''))
    }
    visit('client.ts')
    expect([...seen]).toEqual(['client.ts', 'client-call.ts', 'client-operations.ts'])
  })

  test('is typed by the rows: what they do not allow does not compile', () => {
    const wrong = (client: ReturnType<typeof createClient>): unknown[] => [
      // @ts-expect-error an operation that the vendor does not have
      client.list_app_users({}),
      // @ts-expect-error the path names a user
      client.get_app_user({}),
      // @ts-expect-error a number is no id
      client.get_app_user({ userId: 5 }),
      // @ts-expect-error a channel is needed, too
      client.unlink_app_user({ userId: 'me' }),
      // @ts-expect-error there is no channel in this path
      client.delete_app_user({ userId: 'me', channel: 'twilio' }),
      // @ts-expect-error the query names integrations
      client.get_link_requests({ userId: 'me' }),
      // @ts-expect-error a body is needed
      client.update_app_user({ userId: 'me' }),
      // @ts-expect-error no such field
      client.update_app_user({ userId: 'me', body: { nickname: 'M' } }),
      // @ts-expect-error a userId is needed
      client.pre_create_app_user({ body: { givenName: 'M' } }),
      // @ts-expect-error both are needed
      client.merge_users({ body: { surviving: { _id: 'a' } } }),
      // @ts-expect-error the file is a Blob
      client.post_image_message({ userId: 'me', role: 'appUser', source: 'picture.png' }),
      // @ts-expect-error no such role
      client.post_image_message({ userId: 'me', role: 'bot', source: new Blob() }),
      // @ts-expect-error a field of the answer is misspelt
      client.get_app_user({ userId: 'me' }).then(({ appUser }) => appUser.givenname),
      // @ts-expect-error so is one further in
      client.get_app_user_entity_ids({ userId: 'me' }).then(({ channels }) => channels[0]?.phonenumber),
      // @ts-expect-error and one of an empty answer
      client.delete_app_user({ userId: 'a' }).then(({ appUser }) => appUser),
      // @ts-expect-error a session may be nobody's
      client.session().then(({ userId }) => userId),
      // @ts-expect-error a read is recorded nowhere
      client.get_app_user({ userId: 'me' }, { reason: 'gdpr' }),
      // @ts-expect-error a repeated update does no harm that a key would prevent
      client.update_app_user({ userId: 'me', body: {} }, { idempotencyKey: 'a' }),
      // @ts-expect-error an auth code is text
      client.get_app_user_auth_code({ userId: 'me' }).then(({ authCode }): number => authCode),
    ]
    // Never called: tsc is the test, by the lines above each of which it must find something wrong.
    expect(wrong).toBeInstanceOf(Function)
  })
})
