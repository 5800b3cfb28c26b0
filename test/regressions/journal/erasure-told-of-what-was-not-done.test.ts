/** In PostgreSQL the service's own role may not erase or prune: the command failed, but its event already told that it had. */
import { expect } from '@jest/globals'
import { journalCli, type Ran } from '../../support/journal-cli.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'

const { when, postgres } = postgresOfFile()

when('the owner is asked for before anything is written', async () => {
  postgres().sql('CREATE DATABASE j')
  postgres().sql('CREATE ROLE app LOGIN')
  const run = (user: string | undefined, ...line: string[]): Promise<Ran> =>
    journalCli({ JOURNAL_URL: postgres().url('j', user), JOURNAL_SIGNING_KEY: '1'.repeat(64), JOURNAL_SEALING_KEY: '2'.repeat(64) }, line)
  const size = async (): Promise<number> => JSON.parse((await run(undefined, 'verify')).text).size
  expect(await run(undefined, 'init', '--role', 'app')).toMatchObject({ code: 0 })
  const before = await size()
  for (const line of [
    ['erase', '--tenant', 'a', '--user', 'u', '--by', 'ops'],
    ['prune', '--before', '2099-01-01', '--out', '/nowhere/x', '--by', 'ops'],
  ])
    expect(await run('app', ...line)).toMatchObject({ code: 3, text: expect.stringContaining('only the owner of the tables') })
  expect(await size()).toBe(before)
})
