/** The long form of the SIGKILL loop: `npm run soak:journal`. By default 100 kills and 10,000 calls on each store; KILLS and CALLS change that. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { soak } from './loop.ts'

const kills = Number(process.env['KILLS'] ?? 100)
const calls = Number(process.env['CALLS'] ?? 10_000)
const says = (line: string): void => {
  process.stderr.write(`\r\u001b[K${line}`)
}
let failed = false
const run = async (name: string, url: string): Promise<void> => {
  const tally = await soak(url, { kills, calls, says })
  process.stdout.write(`${JSON.stringify({ store: name, ...tally })}\n`)
  failed ||=
    tally.withoutIntent +
      tally.sentTwice +
      tally.answeredButNotRecorded +
      tally.refusedButSent +
      tally.notListedAfterRestart +
      tally.wrongVerdicts >
      0 || !tally.intact
}

const directory = mkdtempSync(join(tmpdir(), 'soak-'))
await run('sqlite', `sqlite:${join(directory, 'journal.db')}`)
rmSync(directory, { recursive: true })
const bin = findPostgres()
if (bin) {
  await using server = await startPostgres(bin)
  await run('postgres', server.url())
}
process.exitCode = failed ? 1 : 0
