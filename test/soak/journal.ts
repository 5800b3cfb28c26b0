/** The long form of the SIGKILL loop: `npm run soak:journal`. By default 100 kills and 10,000 calls on each store, and 1,000 journals that nobody killed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flagsOf, whole } from '../../scripts/flags.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { makePlace } from '../journal/place.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { soak } from './loop.ts'
import { cleanJournals, pairs } from './trials.ts'

const {
  kills,
  calls,
  clean: sound,
} = flagsOf('soak:journal', { kills: whole(100, 100_000), calls: whole(10_000, 10_000_000), clean: whole(1_000, 100_000) })
const says = (line: string): void => {
  process.stderr.write(`\r\u001b[K${line}`)
}
let failed = false
const tell = (record: Record<string, unknown>): boolean => process.stdout.write(`${JSON.stringify(record)}\n`)
const run = async (name: string, url: string): Promise<void> => {
  const tally = await soak(url, { kills, calls, says })
  tell({ store: name, ...tally })
  failed ||=
    tally.withoutIntent +
      tally.sentTwice +
      tally.answeredButNotRecorded +
      tally.refusedButSent +
      tally.notListedAfterRestart +
      tally.wrongVerdicts >
      0 || !tally.intact
}

const place = makePlace()
const onFile = await pairs(place, (instance) => place.store({ instance }), 1000)
tell({ store: 'sqlite', ...onFile })
const clean = await cleanJournals(sound)
tell({ ...clean })
failed ||= onFile.sentTwice + clean.falseAlarms > 0

const directory = mkdtempSync(join(tmpdir(), 'soak-'))
await run('sqlite', `sqlite:${join(directory, 'journal.db')}`)
rmSync(directory, { recursive: true })
const bin = findPostgres()
if (bin) {
  await using server = await startPostgres(bin)
  server.sql('CREATE DATABASE pairs')
  await createPostgres(server.url('pairs'), place.key)
  const onServer = await pairs(place, (instance) => openPostgres({ url: server.url('pairs'), keys: [place.key], instance }), 1000)
  tell({ store: 'postgres', ...onServer })
  failed ||= onServer.sentTwice > 0
  await run('postgres', server.url())
}
await place[Symbol.asyncDispose]()
process.exitCode = failed ? 1 : 0
