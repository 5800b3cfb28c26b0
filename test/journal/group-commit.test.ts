/** Who shares a commit with whom. */
import { expect, test } from '@jest/globals'
import { groupCommit } from '../../src/journal/group-commit.ts'
import { entryOf, systemEvent } from '../../src/journal/store.ts'

const entry = (name: string) => entryOf(systemEvent('start', { name }, new Date()))

/** Commits that take a while, by the names in them. */
const recording = (ms = 5) => {
  const batches: number[] = []
  const append = groupCommit(async (entries) => {
    batches.push(entries.length)
    await new Promise((resolve) => setTimeout(resolve, ms))
    return { results: entries.map((_, index) => ({ index })), size: 0 } as never
  })
  return { batches, append }
}

test('what nobody waits for goes together, and soon', async () => {
  const { batches, append } = recording()
  await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      await new Promise((resolve) => setTimeout(resolve, at))
      await append(entry(`${at}`), true)
    }),
  )
  expect(batches.length).toBeLessThanOrEqual(3)
  expect(batches.reduce((a, b) => a + b)).toBe(20)
})

test('what somebody waits for goes at once and takes the others along', async () => {
  const { batches, append } = recording()
  const patient = [append(entry('a'), true), append(entry('b'), true)]
  await append(entry('c'))
  expect(batches).toEqual([3])
  await Promise.all(patient)
  expect(batches).toEqual([3])
})

test('while one batch is written the next fills, and those who wait do not wait for company', async () => {
  const { batches, append } = recording(20)
  const first = append(entry('a'))
  const others = [append(entry('b'), true), append(entry('c')), append(entry('d'))]
  await Promise.all([first, ...others])
  expect(batches).toEqual([1, 3])
})

test('many at once are cut into batches', async () => {
  const { batches, append } = recording(0)
  await Promise.all(Array.from({ length: 600 }, (_, at) => append(entry(`${at}`), true)))
  expect(batches.reduce((a, b) => a + b)).toBe(600)
  expect(Math.max(...batches)).toBeLessThanOrEqual(256)
})

test('a failed batch rejects its own, and the next one is written', async () => {
  let commits = 0
  const append = groupCommit(async (entries) => {
    commits += 1
    if (commits === 1) throw new Error('full')
    return { results: entries.map((_, index) => ({ index })), size: 0 } as never
  })
  const bad = entry('a')
  await expect(append(bad)).rejects.toThrow('full')
  expect(bad.again).toBe(true)
  await expect(append(entry('b'), true)).resolves.toEqual({ index: 0 })
})
