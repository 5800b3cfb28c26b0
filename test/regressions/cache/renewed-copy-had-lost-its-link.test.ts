/** In the store of this process links go together with all copies when there are too many; a write under way could still renew a copy that no write under the other name would have found. */
import { expect, test } from '@jest/globals'
import { memoryCache } from '../../../src/cache/store/memory.ts'

test('nothing is renewed once the links were forgotten', async () => {
  const store = memoryCache(1)
  const link = { name: 'other', sealed: 'sealed-link' }
  await store.drop('cell', { blockMs: 20_000, writer: 'me' })
  await store.drop('other', { blockMs: 0, link: { name: 'cell', sealed: 'sealed-link' } })
  for (const cell of ['a', 'b', 'c', 'd']) await store.link(cell, link)
  expect(await store.drop('other', { blockMs: 0 })).toEqual({ unsettled: false })
  expect(await store.renew('cell', { writer: 'me', sealed: 'bmV3', freshMs: 60_000, keepMs: 120_000, link })).toBe(false)
  store.close()
})
