/** The drill of docs/operate.md, its commands as they stand there: a backup is whole, a restored one goes on, and an older one is noticed. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { latestCheckpoint } from '../../src/journal/store/queries/log.ts'
import { journalCli } from '../support/journal-cli.ts'
import { findPostgres } from '../support/postgres.ts'
import { postgresOfFile } from '../support/postgres-of-file.ts'
import { until } from '../support/until.ts'
import { deletion, makePlace, type Place, success } from './place.ts'

const page = readFileSync(new URL('../../docs/operate.md', import.meta.url), 'utf8')
const commands = (name: string): string => {
  const found = new RegExp(`^\`\`\`sh ${name}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1]
  if (!found) throw new Error(`docs/operate.md has no commands ${name}`)
  return found
}

const root = new URL('../..', import.meta.url)
type Env = Readonly<Record<string, string>>
const shell = async (name: string, env: Env): Promise<string> => {
  const path = `${findPostgres() ?? ''}:${process.env['PATH']}`
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands(name)], { cwd: root, env: { ...process.env, ...env, PATH: path } })
  return stdout
}
const failed = (name: string, env: Env): Promise<string> =>
  shell(name, env).then(
    () => 'nothing failed',
    ({ stdout }: { stdout: string }) => stdout,
  )

const use = async (place: Place, store: Store): Promise<string> => {
  await using it = await place.open({ store })
  await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
  return (await latestCheckpoint(store))!
}

test('SQLite: copied while in use, verified, restored; what came after the copy is missed, and the gate is closed until that is written down', async () => {
  await using place = makePlace()
  const folder = join(place.directory, 'backup')
  mkdirSync(folder)
  const { JOURNAL_SIGNING_KEY: signing = '', JOURNAL_SEALING_KEY: sealing = '' } = place.env
  writeFileSync(`${place.path}.signing-key`, signing)
  writeFileSync(`${place.path}.sealing-key`, sealing)
  const env = { JOURNAL_URL: `sqlite:${place.path}`, JOURNAL: place.path, BACKUP: folder, OPERATOR: 'ops' }
  const note = await use(place, await place.store())
  writeFileSync(join(folder, 'checkpoint.txt'), note)
  const running = await place.open({ store: await place.store() })
  expect(await shell('drill-sqlite', env)).toContain('"ok":true')
  expect(running.journal.status().open).toBe(true)
  await running.guard.close()
  const later = await use(place, await place.store())

  for (const end of ['', '.signing-key', '.sealing-key']) rmSync(`${place.path}${end}`)
  expect(await shell('drill-sqlite-restore', env)).toContain('"ok":true')
  writeFileSync(join(folder, 'checkpoint.txt'), later)
  expect(await failed('drill-sqlite-restore', env)).toContain('the log went back')
  await using it = await place.open({ store: await place.store() })
  expect(it.journal.status()).toMatchObject({ open: false, cause: expect.stringContaining('went back') })
  const words = commands('drill-accept').trim().replace('npm run journal -- ', '').replace('"$OPERATOR"', 'ops').split(' ')
  expect((await journalCli(place.env, words, { anchor: place.anchor })).code).toBe(0)
  await until(() => it.journal.status().open)
  expect(it.journal.status().open).toBe(true)
  await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
})

const { when, postgres } = postgresOfFile()

when('PostgreSQL: dumped while in use, restored into another database, verified with a checkpoint from before, and used', async () => {
  await using place = makePlace()
  for (const name of ['drill', 'restored']) postgres().sql(`CREATE DATABASE ${name}`)
  const [url, restored] = ['drill', 'restored'].map((name) => postgres().url(name)) as [string, string]
  await createPostgres(url, place.key)
  const open = (at: string) => openPostgres({ url: at, keys: [place.key], instance: 'i_1' })
  const env = { ...place.env, JOURNAL_URL: url, RESTORED: restored, BACKUP: place.directory }
  writeFileSync(join(place.directory, 'checkpoint.txt'), await use(place, await open(url)))
  {
    await using _running = await place.open({ store: await open(url) })
    expect(await shell('drill-postgres', env)).toContain('"ok":true')
  }
  const later = await use(place, await open(url))
  copyFileSync(join(place.directory, 'checkpoint.txt'), join(place.directory, 'before.txt'))
  writeFileSync(join(place.directory, 'later.txt'), later)
  const verify = (file: string) => journalCli({ ...env, JOURNAL_URL: restored }, ['verify', '--checkpoint', join(place.directory, file)])
  expect(await verify('before.txt')).toMatchObject({ code: 0 })
  expect(await verify('later.txt')).toMatchObject({ code: 1, text: expect.stringContaining('the log went back') })
  await using it = await place.open({ store: await open(restored) })
  expect(it.journal.status()).toMatchObject({ open: false, cause: expect.stringContaining('went back') })
})
