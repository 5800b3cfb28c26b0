/** merge_users of the stand-in. */
import { describe, expect, test } from '@jest/globals'
import { appId, start } from './start.ts'

const a = { _id: 'a'.repeat(24), userId: 'a', givenName: 'Ann', properties: { plan: 'gold', only: 'a' } }
const b = { _id: 'b'.repeat(24), userId: 'b', givenName: 'Bob', surname: 'Bee', conversationStarted: true, properties: { plan: 'tin' } }
const mergeOf = (surviving: string, discarded: string) => ({ surviving: { _id: surviving }, discarded: { _id: discarded } })

describe('merge_users', () => {
  test('folds one user into the other and deletes it under both names', async () => {
    await using it = await start({ people: [a, { ...b, clients: [{ platform: 'telegram', externalId: '9' }] }] })
    expect(await it.ask('POST', '/appusers/merge', mergeOf(a._id, b._id))).toMatchObject({ status: 200, text: '{}' })
    expect(it.sandbox.user(appId, 'a')).toMatchObject({
      ...{ _id: a._id, userId: 'a', givenName: 'Bob', surname: 'Bee', conversationStarted: true },
      ...{ properties: { plan: 'tin', only: 'a' }, clients: [{ platform: 'telegram' }] },
    })
    for (const id of [b._id, 'b']) expect((await it.ask('GET', `/appusers/${id}`)).status).toBe(404)
    expect((await it.ask('POST', '/appusers', { userId: 'b' })).status).toBe(201)
    expect((await it.ask('POST', '/appusers/merge', mergeOf(a._id, b._id))).status).toBe(404)
  })

  test('keeps the values of the survivor, and leads the old names to it, when switched so', async () => {
    await using it = await start({ people: [a, b], switches: { mergeClash: 'surviving', afterMerge: 'survivor' } })
    await it.ask('POST', '/appusers/merge', mergeOf(a._id, b._id))
    for (const id of [b._id, 'b']) {
      expect((await it.ask('GET', `/appusers/${id}`)).body.appUser).toMatchObject({
        _id: a._id,
        givenName: 'Ann',
        surname: 'Bee',
        properties: { plan: 'gold' },
      })
    }
  })

  test('gives the userId of the discarded to a survivor that has none', async () => {
    const anonymous = { _id: 'c'.repeat(24) }
    await using it = await start({ people: [anonymous, b] })
    await it.ask('POST', '/appusers/merge', mergeOf(anonymous._id, b._id))
    expect((await it.ask('GET', '/appusers/b')).body.appUser._id).toBe(anonymous._id)
  })

  test('drops what no longer fits into 4 KB', async () => {
    const full = (letter: string) => Object.fromEntries(Array.from({ length: 4 }, (_, i) => [letter + i, 'v'.repeat(700)]))
    await using it = await start({
      people: [
        { ...a, properties: full('a') },
        { ...b, properties: full('b') },
      ],
    })
    await it.ask('POST', '/appusers/merge', mergeOf(a._id, b._id))
    expect(Object.keys(it.sandbox.user(appId, 'a')!.properties)).toEqual(['a0', 'a1', 'a2', 'a3', 'b0'])
  })

  test('refuses one user twice, half a body, an unknown id and a userId in place of an _id', async () => {
    await using it = await start({ people: [a, b] })
    const statusOf = async (body: unknown) => (await it.ask('POST', '/appusers/merge', body)).status
    expect(await statusOf(mergeOf(a._id, a._id))).toBe(400)
    for (const half of [{}, { surviving: { _id: a._id } }, { surviving: {}, discarded: {} }, { surviving: a._id, discarded: b._id }]) {
      expect(await statusOf(half)).toBe(400)
    }
    expect(await statusOf(mergeOf(a._id, 'f'.repeat(24)))).toBe(404)
    expect(await statusOf(mergeOf('a', 'b'))).toBe(404)
    expect(it.sandbox.users()).toHaveLength(2)
  })
})
