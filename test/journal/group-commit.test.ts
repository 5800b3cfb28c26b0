/** Who shares a commit with whom. */
import { expect, test } from '@jest/globals'
import { groupCommit } from '../../src/journal/append/group-commit.ts'
import { type Entry, entryOf, systemEvent } from '../../src/journal/store/journal-store.ts'

const entry = (name: string) => entryOf(systemEvent('start', { name }, new Date()))
const many = (count: number) => Array.from({ length: count }, (_, at) => entry(`${at}`))
const indexed = (entries: readonly Entry[]) => ({
  results: entries.map(({ event }) => ({ index: Number(event.facts?.['name']) })),
  size: 0,
})

/** Commits that take a while, by the number of entries in them. */
const recording = (ms = 5) => {
  const batches: number[] = []
  const append = groupCommit(async (entries) => {
    batches.push(entries.length)
    await new Promise((resolve) => setTimeout(resolve, ms))
    return indexed(entries)
  })
  return { batches, append }
}

test('what comes in one go goes together, and each is told its own', async () => {
  const { batches, append } = recording()
  const results = await Promise.all([append([entry('7')]), append(many(3)), append([entry('9')])])
  expect(batches).toEqual([5])
  expect(results).toEqual([[{ index: 7 }], [{ index: 0 }, { index: 1 }, { index: 2 }], [{ index: 9 }]])
})

test('while one batch is written the next fills', async () => {
  const { batches, append } = recording(20)
  const first = append(many(1))
  await Promise.resolve()
  await Promise.resolve()
  await Promise.all([first, append(many(1)), append(many(1)), append(many(1))])
  expect(batches).toEqual([1, 3])
})

test('many at once are cut into batches', async () => {
  const { batches, append } = recording(0)
  await Promise.all(many(600).map((one) => append([one])))
  expect(batches).toEqual([256, 256, 88])
})

test('what was given together is not parted', async () => {
  const { batches, append } = recording(0)
  await Promise.all([append(many(1)), append(many(256)), append(many(1)), append(many(300))])
  expect(batches).toEqual([1, 256, 1, 300])
})

test('a failed batch rejects its own, and the next one is written', async () => {
  let commits = 0
  const append = groupCommit(async (entries) => {
    commits += 1
    if (commits === 1) throw new Error('full')
    return indexed(entries)
  })
  const bad = many(2)
  await expect(append(bad)).rejects.toThrow('full')
  expect(bad.map(({ again }) => again)).toEqual([true, true])
  await expect(append([entry('0')])).resolves.toEqual([{ index: 0 }])
})
