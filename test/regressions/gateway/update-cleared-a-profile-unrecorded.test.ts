/** A PUT of nulls, or of empty texts, cleared a profile as delete_app_user_profile does, without an intent before it and for callers who may not clear; with the journal away it left no trace at all. */
import { renameSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { appId, type Carried, startBff } from '../../support/bff.ts'

const clearings: [string, object][] = [
  ['a null', { givenName: null }],
  ['nulls', { givenName: null, surname: null, email: null }],
  ['a null picture', { avatarUrl: null }],
  ['an empty text', { email: '' }],
  ['blanks', { surname: ' \u00a0\u200b\t' }],
  ['a null property', { properties: { plan: null } }],
  ['an empty property', { properties: { plan: '' } }],
  ['null properties', { properties: null }],
  ['a null among values', { givenName: 'Mina', properties: { language: 'fr', plan: null } }],
]

test('no caller clears by an update, with the journal or without, and is told what does', async () => {
  await using bff = await startBff({ env: { SELF_PROPERTIES: 'plan,language' } })
  const userId = 'cleared'
  const user = bff.sandbox.createUser(appId, { userId, givenName: 'G', surname: 'H', email: 'g@example.org', properties: { plan: 'gold' } })
  const callers: [string, Carried][] = [
    ['me', await bff.signIn({ userId })],
    [user._id, await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })],
    [user._id, await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })],
    [user._id, await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })],
  ]
  const attempt = async (): Promise<void> => {
    for (const [id, headers] of callers)
      for (const [what, json] of clearings) {
        const { status, json: answer } = await bff.call('PUT', `/v1.1/appusers/${id}`, { headers, json })
        expect([what, status, answer.error.code]).toEqual([what, 400, 'bad_request'])
        expect(answer.error.description).toContain('delete_app_user_profile')
      }
  }
  bff.sent()
  await attempt()
  renameSync(bff.journalFile, `${bff.journalFile}.gone`)
  await attempt()
  expect(bff.sandbox.requests.filter(({ method }) => method === 'PUT')).toEqual([])
  expect(bff.sandbox.user(appId, userId)).toMatchObject({
    givenName: 'G',
    surname: 'H',
    email: 'g@example.org',
    properties: { plan: 'gold' },
  })
})

test('an update that clears nothing is carried out', async () => {
  await using bff = await startBff()
  bff.sandbox.createUser(appId, { userId: 'u', properties: { plan: 'gold' } })
  const headers = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  for (const json of [{}, { properties: {} }, { properties: { seats: 0, vip: false, note: '-' } }, { givenName: 'مینا' }])
    expect((await bff.call('PUT', '/v1.1/appusers/u', { headers, json })).status).toBe(200)
  expect(bff.sandbox.user(appId, 'u')).toMatchObject({ givenName: 'مینا', properties: { plan: 'gold', seats: 0, vip: false, note: '-' } })
})
