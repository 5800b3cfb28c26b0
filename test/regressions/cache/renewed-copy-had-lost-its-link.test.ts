/** In the store of this process links go together with all copies when there are too many; a write under way could still renew a copy that no write under the other name would have found. */
import { expect, test } from '@jest/globals'
import { memoryCache } from '../../../src/cache/store/memory.ts'

test('nothing is renewed once the links were forgotten', async () => {
  const store = memoryCache(1)
  const alias = { name: 'other', sealed: 'sealed-link' }
  await store.invalidate('cell', { blockMs: 20_000, writeToken: 'me' })
  await store.invalidate('other', { blockMs: 0, alias: { name: 'cell', sealed: 'sealed-link' } })
  for (const cell of ['a', 'b', 'c', 'd']) await store.alias(cell, alias)
  expect(await store.invalidate('other', { blockMs: 0 })).toEqual({ contended: false })
  expect(await store.writeThrough('cell', { writeToken: 'me', sealed: 'bmV3', freshMs: 60_000, keepMs: 120_000, alias })).toBe(false)
  store.close()
})
