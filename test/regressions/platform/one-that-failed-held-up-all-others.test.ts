/** What had to be done in the end was tried in order, and the first that failed again ended the round: while one node of a Cluster was away, the sessions of people on the others were not ended either. */
import { expect, test } from '@jest/globals'
import { createUntilDone } from '../../../src/platform/until-done.ts'
import { until } from '../../support/until.ts'

test('work that fails again and again holds up none of the others', async () => {
  using untilDone = createUntilDone()
  const done: number[] = []
  const causes: unknown[] = []
  const start = (id: number, goesWell: (tries: number) => boolean) => {
    let tries = 0
    const work = async (): Promise<void> => {
      tries += 1
      if (!goesWell(tries)) throw new Error(`${id} is away`)
      done.push(id)
    }
    return untilDone.start(work, (cause) => causes.push(cause))
  }
  const never = Array.from({ length: 12 }, (_, id) => start(id, () => false))
  const later = Array.from({ length: 30 }, (_, at) => start(100 + at, (tries) => tries === 2))
  await Promise.all([...never, ...later])
  expect(causes).toHaveLength(42)
  await until(() => done.length === 30)
  expect(new Set(done)).toEqual(new Set(Array.from({ length: 30 }, (_, at) => 100 + at)))
})
