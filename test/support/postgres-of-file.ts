/** One PostgreSQL for all tests of a file; apart from `postgres.ts`, which programs outside of jest use too. */
import { afterAll, beforeAll, test } from '@jest/globals'
import { findPostgres, type Postgres, startPostgres } from './postgres.ts'

/** `when` is `test`, or skips where none is installed; `whenConcurrent` is for cases that mostly wait, each in a database of its own. */
export const postgresOfFile = () => {
  const found = findPostgres()
  let started: Postgres | undefined
  beforeAll(async () => {
    if (found) started = await startPostgres(found)
  })
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]()
  })
  return {
    when: found ? test : test.skip,
    whenConcurrent: found ? test.concurrent : test.concurrent.skip,
    postgres: () => started!,
  }
}
