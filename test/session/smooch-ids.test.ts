/** From the vendor's `_id` to the person who has sessions, without a read of the vendor. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { RingKey } from '../../src/crypto/key-ring.ts'
import { createSmoochIds } from '../../src/session/smooch-ids.ts'
import { memoryStore } from '../../src/session/store/memory.ts'
import type { SessionStore } from '../../src/session/store/session-store.ts'

const day = 86_400_000
const smoochId = '6a1f0c2be84d9f3b7715c0aa'
const person = (userId: string) => ({ app: 'shop', userId, actor: { id: userId } })
const key = (id: string): RingKey => ({ id, secret: `${id}-pepper-of-at-least-thirty-two-characters` })

let store: SessionStore
let ring: [RingKey, ...RingKey[]]
const ids = () => createSmoochIds({ store, peppers: () => ring })

beforeEach(() => {
  jest.useFakeTimers({ now: Date.now() })
  store = memoryStore()
  ring = [key('p1')]
})
afterEach(() => {
  store.close()
  jest.useRealTimers()
})

test('who has been learnt is found by the smoochId, in that app alone', async () => {
  await ids().rememberSmoochId(person('mina'), smoochId)
  expect(await ids().whose('shop', smoochId)).toEqual(['mina'])
  expect(await ids().whose('other', smoochId)).toEqual([])
  expect(await ids().whose('shop', '6a1f0c2be84d9f3b7715c0ab')).toEqual([])
})

test('several people may have come to one smoochId, none is listed twice', async () => {
  for (const userId of ['mina', 'goes', 'mina']) await ids().rememberSmoochId(person(userId), smoochId)
  expect(new Set(await ids().whose('shop', smoochId))).toEqual(new Set(['goes', 'mina']))
  expect(await ids().whose('shop', smoochId)).toHaveLength(2)
})

test('it is kept as long as a session may live that began last', async () => {
  expect(await ids().renew(person('mina'))).toBe(false)
  await ids().rememberSmoochId(person('mina'), smoochId)
  jest.advanceTimersByTime(99 * day)
  expect(await ids().renew(person('mina'))).toBe(true)
  jest.advanceTimersByTime(90 * day)
  expect(await ids().whose('shop', smoochId)).toEqual(['mina'])
  jest.advanceTimersByTime(11 * day)
  expect(await ids().whose('shop', smoochId)).toEqual([])
})

test('what was learnt under a pepper is found while that pepper is live', async () => {
  await ids().rememberSmoochId(person('mina'), smoochId)
  ring = [key('p2'), key('p1')]
  expect(await ids().whose('shop', smoochId)).toEqual(['mina'])
  await ids().rememberSmoochId(person('mina'), smoochId)
  ring = [key('p2')]
  expect(await ids().whose('shop', smoochId)).toEqual(['mina'])
  ring = [key('p3')]
  expect(await ids().whose('shop', smoochId)).toEqual([])
})

test('a person whose sessions were ended for good is forgotten', async () => {
  for (const userId of ['mina', 'goes']) await ids().rememberSmoochId(person(userId), smoochId)
  await ids().endPerson(person('mina'))
  expect(await ids().whose('shop', smoochId)).toEqual(['goes'])
  expect(await ids().renew(person('mina'))).toBe(false)
})

test('the store holds neither name', async () => {
  const told: string[] = []
  const spied = new Proxy(store, {
    get: (target, name: keyof SessionStore) =>
      typeof target[name] === 'function'
        ? (...args: unknown[]) => {
            told.push(JSON.stringify(args))
            return (target[name] as (...args: unknown[]) => unknown)(...args)
          }
        : target[name],
  })
  const watched = createSmoochIds({ store: spied, peppers: () => ring })
  await watched.rememberSmoochId(person('mina@example.org'), smoochId)
  await watched.whose('shop', smoochId)
  expect(told.length).toBeGreaterThan(2)
  for (const words of told) {
    expect(words).not.toContain('mina')
    expect(words).not.toContain(smoochId)
  }
})
