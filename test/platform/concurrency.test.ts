/** Who may do how much at once, and who is next. */
import { expect, test } from '@jest/globals'
import { createSharedRuns, limitConcurrency, NoTurn } from '../../src/platform/concurrency.ts'

/** Work that ends when told. */
const works = () => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  const end = async (at: number): Promise<void> => {
    ends[at]!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, work, end }
}

test('no more than the bound is under way, and who has least under way is next', async () => {
  const { begun, work, end } = works()
  const during = limitConcurrency({ max: 2, maxPerCaller: 5, maxWaitMs: 60_000 })
  const all = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => during(name[0]!, work(name)))
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual(['a1', 'a2'])
  await end(0)
  expect(begun).toEqual(['a1', 'a2', 'b1'])
  for (let at = 1; at < 5; at += 1) await end(at)
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4'])
  await Promise.all(all)
})

test('who asks for more than its share is refused, others are not; what has ended or failed counts no more', async () => {
  const { work, end } = works()
  const during = limitConcurrency({ max: 10, maxPerCaller: 1, maxWaitMs: 0 })
  const first = during('a', work('a1'))
  await expect(during('a', work('a2'))).rejects.toMatchObject({ why: 'too_many' })
  await expect(during('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await during('b', () => Promise.resolve())
  await end(0)
  await first
  await during('a', () => Promise.resolve())
})

test('who waits for too long is refused and forgotten', async () => {
  const { begun, work, end } = works()
  const during = limitConcurrency({ max: 1, maxPerCaller: 5, maxWaitMs: 10 })
  const first = during('a', work('a1'))
  await expect(during('b', work('b1'))).rejects.toBeInstanceOf(NoTurn)
  await end(0)
  await first
  await during('c', () => Promise.resolve())
  expect(begun).toEqual(['a1'])
})

test('however many ask in one group, another has the next turn and a place', async () => {
  const { begun, work, end } = works()
  const searches = limitConcurrency({ max: 2, maxPerCaller: 5, maxWaitMs: 60_000 })
  const line = ['a1', 'b1', 'c1', 'd1'].map((name) => searches(name[0]!, work(name), 'one'))
  const other = searches('z', work('z1'), 'other')
  await new Promise((resolve) => setImmediate(resolve))
  await end(0)
  expect(begun).toEqual(['a1', 'b1', 'z1'])
  for (let at = 1; at < 5; at += 1) await end(at)
  await Promise.all([...line, other])

  const exports = limitConcurrency({ max: 3, maxPerGroup: 2, maxPerCaller: 5, maxWaitMs: 0 })
  const both = ['e1', 'f1'].map((name) => exports(name[0]!, work(name), 'one'))
  await expect(exports('g', work('g1'), 'one')).rejects.toMatchObject({ why: 'busy' })
  const last = exports('z', work('z2'), 'other')
  await end(5)
  const third = exports('g', work('g2'), 'one')
  for (let at = 6; at < 9; at += 1) await end(at)
  await Promise.all([...both, last, third])
  expect(begun.slice(5)).toEqual(['e1', 'f1', 'z2', 'g2'])
})

test('a thousand that ask the same make two runs: those who came during the first share one that began after them', async () => {
  const { begun, work, end } = works()
  const share = createSharedRuns<number>()
  const ask = () => share('same', async () => work('same')().then(() => begun.length))
  const [first, ...others] = Array.from({ length: 1_000 }, ask)
  expect(begun).toEqual(['same'])
  await share('other', async () => 7).then((it) => expect(it).toBe(7))
  await end(0)
  await first
  expect(begun).toEqual(['same', 'same'])
  await end(1)
  expect(await Promise.all(others)).toEqual(Array(999).fill(2))
  void ask()
  expect(begun.length).toBe(3)
})

test('a run that fails fails for those who share it alone', async () => {
  const share = createSharedRuns<string>()
  const fails = () => share('same', () => Promise.reject(new Error('lost')))
  const [one, two, three] = [fails(), fails(), fails()]
  for (const it of [one, two, three]) await expect(it).rejects.toThrow('lost')
  expect(await share('same', () => Promise.resolve('here'))).toBe('here')
})
