/** The mark that a person is being removed, set in the store but answered too late, was never taken back: nothing was deleted, and the person stayed signed out until the next sign-in. So did one that two removals had set, when the one that came first failed first. */
import { expect, test } from '@jest/globals'
import { Secret } from '../../../config/secret.ts'
import { keyRing } from '../../../src/crypto/key-ring.ts'
import { createOrigins } from '../../../src/http/request/origins.ts'
import { createPeople } from '../../../src/session/people.ts'
import { personKeysOf } from '../../../src/session/record.ts'
import { createSessions } from '../../../src/session/sessions.ts'
import { memoryStore } from '../../../src/session/store/memory.ts'
import type { SessionStore } from '../../../src/session/store/session-store.ts'
import { pepper } from '../../support/bff.ts'

const peppers = keyRing(new Secret(`p2:${pepper}-next,p1:${pepper}`))
const person = { app: 'a', userId: 'u', actor: { id: 'u' } }

const scene = (markGone: (store: SessionStore) => SessionStore['markGone'] = (it) => it.markGone) => {
  const inner = memoryStore()
  const store = { ...inner, markGone: markGone(inner) }
  const limits = { reads: 9, writes: 9, guarded: 9, images: 9, codes: 9, links: 9, service: 9 }
  return {
    ...createSessions({
      ...{ store, peppers, limits, keys: peppers, apps: new Map(), people: createPeople({ store, peppers }) },
      origins: createOrigins(['http://localhost:1']),
    }),
    goneUnder: () => Promise.all(personKeysOf(peppers, person).map((tag) => inner.readMark(tag, 'gone'))),
    [Symbol.dispose]: () => inner.close(),
  }
}

test('a mark whose answer is lost is taken back with the others', async () => {
  const late = new Error('the answer came too late')
  let times = 0
  using it = scene((store) => async (...asked) => {
    await store.markGone(...asked)
    times += 1
    if (times === 2) throw late
  })
  const { failure, takeBack } = await it.markGone([person])
  expect(failure).toBe(late)
  expect(await it.goneUnder()).not.toContain(undefined)
  await takeBack()
  expect(await it.goneUnder()).toEqual([undefined, undefined])
})

test('a mark that comes after it was taken back is none', async () => {
  const carried: (() => Promise<unknown>)[] = []
  using it = scene((store) => async (...asked) => {
    carried.push(() => store.markGone(...asked))
    throw new Error('the connection was cut off')
  })
  const { takeBack } = await it.markGone([person])
  await takeBack()
  await Promise.all(carried.map((arrive) => arrive()))
  expect(await it.goneUnder()).toEqual([undefined, undefined])
})

test('of two removals that both fail nothing stays, whichever is first', async () => {
  using it = scene()
  const [first, second] = [await it.markGone([person]), await it.markGone([person])]
  await first.takeBack()
  expect(await it.goneUnder()).not.toContain(undefined)
  await second.takeBack()
  expect(await it.goneUnder()).toEqual([undefined, undefined])
})
