/** A role of PostgreSQL that may do too little was told in the server's words, which say nothing of what to do, or not at all: one that saw no events, or not all tables, served, and a repeat of a deletion was a stranger to it; a rule that drops what is written let deletions through without a record. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { checkPostgres } from '../../../src/check/postgres.ts'
import { newId } from '../../../src/journal/event/event.ts'
import { newSigningKey } from '../../../src/journal/log/checkpoint.ts'
import { keysOf } from '../../../src/journal/store/open.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { type Bff, startBff } from '../../support/bff.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { until } from '../../support/until.ts'

const { when, postgres } = postgresOfFile()
const secrets = { signing: [newSigningKey()], sealing: [randomBytes(32).toString('base64')] }
const granted = (role: string) => `GRANT USAGE ON SCHEMA journal TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA journal TO ${role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA journal TO ${role}`

const open = (url: string) => openPostgres({ url, keys: keysOf(url, secrets).keys, instance: newId('i') })

let made = 0
/** A database with a journal, and a role to which this was done; `R` stands for the role. */
const database = async (sql: string, create = true) => {
  made += 1
  const [name, role] = [`weak_${made}`, `role_${made}`]
  const put = (text: string) => postgres().sql(text.replaceAll(/\bR\b/g, role), name)
  postgres().sql(`CREATE DATABASE ${name}`)
  postgres().sql(`CREATE ROLE ${role} LOGIN`)
  const owner = postgres().url(name)
  if (create) await createPostgres(owner, keysOf(owner, secrets).keys[0]!)
  if (sql !== '') put(sql)
  const url = postgres().url(name, role)
  return { url, role, put, env: { JOURNAL_URL: url, JOURNAL_SIGNING_KEY: secrets.signing[0]!, JOURNAL_SEALING_KEY: secrets.sealing[0]! } }
}

const remove = async (bff: Bff) => {
  const headers = await bff.signIn({ kind: 'service', roles: ['admin', 'service'], actor: { id: 'ada' } })
  const answer = await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers: { ...headers, 'idempotency-key': 'once' } })
  return [answer.status, bff.sandbox.requests.filter(({ method }) => method === 'DELETE').length]
}
const causes = (bff: Bff) => bff.lines.filter(({ alarm }) => alarm === 'journal_gate').map(({ cause }) => String(cause))

when.each([
  ['the role ROLE may not use the schema journal', 'init --role ROLE', 'SELECT 1'],
  ['the role ROLE may not read checkpoint, event,', 'init --role ROLE', 'GRANT USAGE ON SCHEMA journal TO R'],
  ['the role ROLE may not read snapshot of', 'init --role ROLE', `${granted('R')}; REVOKE SELECT ON journal.snapshot FROM R`],
  ['the role ROLE may not run append of', 'init --role ROLE', `${granted('R')}; REVOKE ALL ON FUNCTION journal.append FROM R`],
  ['row level security keeps rows of event', 'switch it off', `${granted('R')}; ALTER TABLE journal.event ENABLE ROW LEVEL SECURITY`],
  ['row level security keeps rows of snapshot', 'switch it off', `${granted('R')}; ALTER TABLE journal.snapshot ENABLE ROW LEVEL SECURITY`],
  ['takes no writes of the role ROLE', 'name the primary', `${granted('R')}; ALTER ROLE R SET default_transaction_read_only = on`],
])('%s…: the journal is not opened, and whoever looks is told what to do: %s', async (what, todo, sql) => {
  const { url, role } = await database(sql)
  const said = (text: string) => text.replace('ROLE', role)
  const refused = await open(url).catch(({ message }: Error) => message)
  expect([refused, refused]).toEqual([expect.stringContaining(said(what)), expect.stringContaining(said(todo))])
  expect(await checkPostgres(url, secrets)).toEqual([
    expect.objectContaining({ level: 'fault', text: expect.stringContaining(said(what)), todo: expect.stringContaining(said(todo)) }),
  ])
})

when('a schema of this name that is of something else is left alone, by the owner too', async () => {
  const { url, env } = await database(
    'CREATE SCHEMA journal; CREATE TABLE journal.head (x int); CREATE TABLE journal.event (seq int); GRANT ALL ON SCHEMA journal TO R',
    false,
  )
  await expect(open(url)).rejects.toThrow('is of something else; give the journal a database of its own')
  const owner = url.replace(/role_\d+/, 'postgres')
  expect(await journalCli({ ...env, JOURNAL_URL: owner }, ['init'], { people: true })).toMatchObject({
    code: 3,
    text: expect.stringContaining('is of something else'),
  })
})

when('a role that may only read is enough for who only looks', async () => {
  const { env } = await database('GRANT USAGE ON SCHEMA journal TO R; GRANT SELECT ON ALL TABLES IN SCHEMA journal TO R')
  expect(await journalCli(env, ['verify'])).toMatchObject({ code: 0, text: expect.stringContaining('"ok":true') })
})

when.each([
  [
    'a rule drops what is written',
    'CREATE RULE dropped AS ON INSERT TO journal.event DO INSTEAD NOTHING',
    'DROP RULE dropped ON journal.event',
  ],
  ['rows are hidden', 'ALTER TABLE journal.event ENABLE ROW LEVEL SECURITY', 'ALTER TABLE journal.event DISABLE ROW LEVEL SECURITY'],
  ['the rights are taken', 'REVOKE USAGE ON SCHEMA journal FROM R', 'GRANT USAGE ON SCHEMA journal TO R'],
])('a second after %s nothing is sent, there is an alarm, and all goes on when that is undone', async (_, sql, undo) => {
  const { put, env } = await database(granted('R'))
  put('REVOKE ALL ON FUNCTION journal.erase, journal.prune FROM R')
  await using bff = await startBff({ env })
  // What is written at the start comes first: a rule would drop it.
  await until(() => put("SELECT count(*) FROM journal.event WHERE action = 'secrets_in_use'").trim() !== '0')
  put(sql)
  await sleep(1_500)
  expect(await remove(bff)).toEqual([503, 0])
  await until(() => causes(bff).length > 0)
  expect(causes(bff)).toHaveLength(1)
  put(undo)
  expect(
    await until(
      () => remove(bff),
      ([status]) => status !== 503,
      100,
    ),
  ).toEqual([200, 1])
})
