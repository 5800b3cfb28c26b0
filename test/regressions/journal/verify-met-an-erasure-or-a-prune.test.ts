/** What was erased or pruned while `verify` read was called tampering, by the command and by the alert of the console; the next one said intact. */
import { expect, test } from '@jest/globals'
import { erasePerson, prune, pruneRangeBefore } from '../../../src/journal/maintenance.ts'
import type { Store } from '../../../src/journal/store/journal-store.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

/** Acts before a question of the verification is asked, the first time. */
const before = (store: Store, words: string, act: () => Promise<unknown>, times = 1): Store => ({
  ...store,
  select: async (sql, params) => {
    if (sql.includes(words) && times > 0) {
      times -= 1
      await act()
    }
    return await store.select(sql, params)
  },
})

const filled = async () => {
  const place = makePlace()
  const it = await place.open()
  for (let n = 0; n < 5; n += 1) {
    const call = deletion({ targets: [{ role: 'subject', userId: `u${n}`, smoochId: String(n).repeat(24) }] })
    const begun = await it.guard.begin(call)
    if ('end' in begun) await begun.end(success)
  }
  const end = async (): Promise<void> => {
    await it.guard.close()
    await place[Symbol.asyncDispose]()
  }
  return { place, store: it.store, [Symbol.asyncDispose]: end }
}

test('an erasure meanwhile', async () => {
  await using it = await filled()
  const store = before(it.store, 'FROM subject', () => erasePerson(it.store, it.place.sealer, 'app1', 'u1', 'ops'))
  expect(await verify(store, { sealer: it.place.sealer })).toMatchObject({ ok: true, findings: [] })
})

test('a prune meanwhile', async () => {
  await using it = await filled()
  const store = before(it.store, 'FROM target', async () => {
    const cut = await pruneRangeBefore(it.store, new Date(Date.now() + 1000))
    expect(cut.to).toBeGreaterThan(0)
    await prune(it.store, cut, 'digest', 'ops')
  })
  expect(await verify(store, { sealer: it.place.sealer })).toMatchObject({ ok: true, findings: [] })
})

test('tampering is told even if something is erased every time', async () => {
  await using it = await filled()
  await it.store.erase([String(await nameOf(it.store, 'u0', it.place))])
  let n = 1
  const store = before(it.store, 'FROM subject', () => erasePerson(it.store, it.place.sealer, 'app1', `u${n++}`, 'ops'), 3)
  expect(await verify(store, { sealer: it.place.sealer })).toMatchObject({
    ok: false,
    findings: expect.arrayContaining([{ what: expect.stringContaining('names of people are gone that no erasure removed') }]),
  })
  expect(n).toBe(4)
})

const nameOf = async (store: Store, userId: string, place: Awaited<ReturnType<typeof filled>>['place']) => {
  const [row] = await store.select('SELECT pseudonym FROM subject WHERE lookup = $1', [place.sealer.lookup('app1', userId)])
  return row!['pseudonym']
}
