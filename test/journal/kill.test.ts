/** The SIGKILL loop in its short form; `npm run soak:journal` is the long one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { soak } from '../soak/loop.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'

const none = {
  withoutIntent: 0,
  sentTwice: 0,
  answeredButNotRecorded: 0,
  refusedButSent: 0,
  notListedAfterRestart: 0,
  wrongVerdicts: 0,
  intact: true,
  findings: [],
}

test('killed ten times, the journal on SQLite knows of every call that the upstream received, and none was sent twice', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kill-'))
  const tally = await soak(`sqlite:${join(directory, 'journal.db')}`, { kills: 10, calls: 300 })
  rmSync(directory, { recursive: true })
  expect(tally).toMatchObject(none)
  expect(tally.received).toBeGreaterThanOrEqual(300)
})

const bin = findPostgres()
const whenPostgres = bin ? test : test.skip
whenPostgres('and so does the one on PostgreSQL', async () => {
  await using server = await startPostgres(bin!)
  const tally = await soak(server.url(), { kills: 5, calls: 150 })
  expect(tally).toMatchObject(none)
})
