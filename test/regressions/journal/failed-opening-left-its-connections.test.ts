/** Each try to open a journal that PostgreSQL does not hold yet left a connection behind: they added up, and the process did not end when it was stopped. */
import { expect } from '@jest/globals'
import { journalCli } from '../../support/journal-cli.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'

const { when, postgres } = postgresOfFile()

when('a service whose journal is not there yet says what to do, keeps no connections, and stops', async () => {
  const it = postgres()
  it.sql('CREATE DATABASE j')
  it.sql('CREATE ROLE app LOGIN')
  await using service = await startProcess({
    ...processEnv,
    JOURNAL_URL: it.url('j', 'app'),
    JOURNAL_SIGNING_KEY: '1'.repeat(64),
    JOURNAL_SEALING_KEY: '2'.repeat(64),
    DRAIN_DELAY_SECONDS: '0',
  })
  // Its tries come after 0.1, 0.25, 0.5 and 1 s.
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(Number(it.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"))).toBeLessThan(2)
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(0)
  expect(service.output()).toContain('let its owner run: npm run journal -- init --role app: permission denied')
})

when('what is not there is not made by who only wants to read it, or to erase', async () => {
  const it = postgres()
  it.sql('CREATE DATABASE empty')
  const env = { JOURNAL_URL: it.url('empty'), JOURNAL_SIGNING_KEY: '1'.repeat(64), JOURNAL_SEALING_KEY: '2'.repeat(64) }
  for (const line of [['verify'], ['erase', '--tenant', 'a', '--user', 'u', '--by', 'ops']])
    expect(await journalCli(env, line)).toEqual({ code: 3, text: expect.stringContaining('there is no journal in this database') })
  expect(it.sql("SELECT to_regclass('journal.head') IS NULL", 'empty').trim()).toBe('t')
})
