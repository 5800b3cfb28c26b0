/** The command line: its output for people and for pipes, and its exit codes. */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, hash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { writeExport } from '../../src/journal/cli/export-file.ts'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { publicKey } from '../../src/journal/log/checkpoint.ts'
import { latestCheckpoint, treeHead } from '../../src/journal/store/queries/log.ts'
import { journalCli, type Ran } from '../support/journal-cli.ts'
import { until } from '../support/until.ts'
import { deletion, makePlace, success } from './place.ts'

test('verify, tail, show, list, resolve, export, erase, prune, backup, accept-rollback', async () => {
  await using place = makePlace()
  const it = await place.open()
  const one = (await it.guard.begin(
    deletion({ targets: [{ role: 'subject', userId: 'mina', smoochId: 'a'.repeat(24) }] }),
  )) as OpenOperation
  spendPermit(one.permit, 'delete_app_user')
  await one.end(success)
  const lost = (await it.guard.begin(deletion())) as OpenOperation
  spendPermit(lost.permit, 'delete_app_user')
  await lost.end()
  const note = (await latestCheckpoint(it.store))!
  const { journal } = it.store
  await it.guard.close()

  const run = (line: string[], people = false, env = place.env): Promise<Ran> => journalCli(env, line, { people, anchor: place.anchor })

  const anchor = join(place.directory, 'anchor.txt')
  writeFileSync(anchor, note)
  expect(JSON.parse((await run(['verify', '--checkpoint', anchor])).text)).toMatchObject({ ok: true, anchors: 2 })
  expect((await run(['verify'], true)).text).toMatch(/^intact: \d+ events/)
  expect((await run(['tail'])).text.trim().split('\n')).toHaveLength(7)
  expect((await run(['tail', '--from', '2'], true)).text).toContain('delete_app_user')
  const shown = (await run(['show', one.id, '--personal', '--by', 'ops'])).text.trim().split('\n')
  expect(JSON.parse(shown[0]!)).toEqual({ operation: one.id, state: 'success' })
  expect(shown[1]).toContain('mina@example.org')
  const both = (await run(['show', one.id, '--personal', '--proof', '--by', 'ops'])).text.trim().split('\n').slice(1)
  expect(both).toHaveLength(2)
  for (const record of both) expect(JSON.parse(record)).toHaveProperty('proof', expect.stringMatching(/^c2sp.org\/tlog-proof@v1\n/))
  expect(JSON.parse(both[0]!)).toHaveProperty('personal.person')
  expect((await run(['show', 'op_nobody'])).code).toBe(2)
  expect((await run(['show', one.id, '--proof'])).text).toMatch(/^c2sp.org\/tlog-proof@v1\n/)
  const proof = join(place.directory, 'one.tlog-proof')
  writeFileSync(proof, (await run(['show', one.id, '--proof'])).text)
  const { key } = JSON.parse((await run(['verify'])).text) as { key: string }
  const nowhere = { JOURNAL_URL: `sqlite:${place.directory}/nowhere.db` }
  expect(JSON.parse((await run(['check', proof])).text)).toMatchObject({ holds: true, event: { operation: { id: one.id } } })
  expect(await run(['check', proof, '--key', key], true, nowhere)).toMatchObject({ code: 0, text: expect.stringMatching(/^holds: event/) })
  const foreign = publicKey(generateKeyPairSync('ed25519').privateKey)
  expect(await run(['check', proof, '--key', foreign], true, nowhere)).toEqual({
    code: 1,
    text: 'DOES NOT HOLD: its checkpoint is not signed by the key\n',
  })
  expect([(await run(['check'])).code, (await run(['check', proof], false, nowhere)).code]).toEqual([2, 3])
  expect((await run(['list', '--state', 'open'])).text.trim().split('\n')).toHaveLength(1)
  expect((await run(['list', '--target', 'mina', '--tenant', 'app1'], true)).text).toContain(one.id)
  const newest = (await run(['list', '--limit', '1', '--from', '2001-01-01'], true)).text
  expect(newest).toMatch(/delete_app_user.*\n.*there are more: --cursor \d+\n$/)
  expect((await run(['list', '--cursor', /cursor (\d+)/.exec(newest)![1]!])).text.trim().split('\n')).toHaveLength(1)
  expect((await run(['resolve', lost.id, '--verdict', 'maybe', '--by', 'ops'])).code).toBe(2)
  expect((await run(['resolve', lost.id, '--verdict', 'applied', '--by', 'ops', '--note', 'looked'])).code).toBe(0)
  expect((await run(['resolve', lost.id, '--verdict', 'applied', '--by', 'ops'])).code).toBe(1)
  expect((await run(['export', '--format', 'csv'])).text).toMatch(/^index,id,time/)
  expect(JSON.parse((await run(['erase', '--tenant', 'app1', '--user', 'mina', '--by', 'ops'])).text)).toEqual({
    erased: { subjects: 1, parts: 2 },
  })
  const { size } = await (async () => JSON.parse((await run(['verify'])).text) as { size: number })()
  expect(await run(['erase', '--tenant', 'app1', '--user', 'nobody', '--by', 'ops'])).toEqual({ code: 1, text: '{"erased":false}\n' })
  for (const user of ['mina', 'a'.repeat(24)])
    expect((await run(['erase', '--tenant', 'app2', '--user', user, '--by', 'ops'], true)).text).toContain(`nobody is known as ${user}`)
  expect(JSON.parse((await run(['verify'])).text)).toMatchObject({ ok: true, size })
  const out = join(place.directory, 'old.ndjson')
  expect((await run(['prune', '--before', '2999-01-01', '--out', out, '--by', 'ops'], true)).text).toContain('pruned events 0 to')
  expect(readFileSync(out, 'utf8')).toContain('"kind":"intent"')
  expect((await run(['tail', '--from', '0'])).text).toContain(`"digest":"sha256:${hash('sha256', readFileSync(out))}"`)
  expect((await run(['prune', '--before', '2999-01-01', '--out', out, '--by', 'ops'], true)).text).toContain('EEXIST')
  expect(readFileSync(out, 'utf8')).toContain('"kind":"intent"')
  expect((await run(['verify'])).code).toBe(0)
  const copy = join(place.directory, 'copy.db')
  expect((await run(['backup', copy])).code).toBe(0)
  expect(existsSync(copy)).toBe(true)
  await place.anchor.raise(journal, { size: 1000, root: 'x' })
  expect((await run(['verify'], true)).text).toContain('NOT INTACT')
  expect((await run(['verify'])).code).toBe(1)
  expect((await run(['accept-rollback', '--by', 'ops'])).code).toBe(0)
  expect((await run(['verify'])).code).toBe(0)
  expect(await run(['accept-rollback', '--by', 'ops'])).toEqual({ code: 1, text: '{"accepted":false}\n' })

  expect((await run(['nonsense'])).text).toContain('there is no command nonsense; it is one of verify, tail,')
  for (const name of ['verify', 'erase', 'check', 'accept-rollback'])
    expect(await run([name, '--help'])).toEqual({
      code: 0,
      text: expect.stringMatching(
        new RegExp(`^${name} [\\s\\S]*\\nExample:\\n {2}npm run journal -- ${name}[\\s\\S]*Exit codes: 0 good, 1 not good`),
      ),
    })
  for (const line of [['help'], ['--help']])
    expect(await run(line)).toEqual({ code: 0, text: expect.stringMatching(/^npm run journal -- COMMAND, or .+\n\n {2}verify/) })
  expect((await run([])).code).toBe(2)
  const refused: [string[], string][] = [
    [['list', '--target', 'mina'], '--tenant is needed'],
    [['list', '--state', 'bogus'], 'state: one of pending,'],
    [['list', '--action', 'remove'], 'action: one of delete,'],
    [['list', '--from', 'nonsense'], 'from: a date or time such as'],
    [['list', '--user', 'x'], 'list does not take --user; it takes --tenant, --target'],
    [['verify', '--target', 'x'], 'verify does not take --target; it takes --checkpoint'],
    [['list', '--targt', 'x'], 'list does not take --targt; it takes --tenant, --target'],
    [['backup', '--out', 'x'], 'backup does not take --out; it takes no flags'],
    [['list', '--actor', 'a', '--actor', 'b'], '--actor is there twice'],
    [['list', '--tenant', '', '--actor', 'a'], '--tenant needs a value'],
    [['list', '--from', '--to', '2026-01-31'], '--from needs a value'],
    [['tail', '--follow=no'], '--follow takes no value'],
    [['verify', 'extra'], 'does not take the word extra'],
    [['show'], 'show needs ID'],
    [['export', '--from', '5', '--to', '4'], '--to is below --from'],
    [['check', place.directory], 'is a folder'],
    [['verify', '--checkpoint', place.directory], 'is a folder'],
    [['prune', '--before', 'soon', '--out', out, '--by', 'ops'], '--before is a date'],
    [['resolve', lost.id, '--verdict', 'applied'], '--by is needed'],
    [['export', '--format', 'xml'], '--format is ndjson or csv'],
    [['export', '--from', 'one'], '--from is a number'],
  ]
  for (const [line, text] of refused) expect([line, await run(line)]).toEqual([line, { code: 2, text: expect.stringContaining(text) }])
  expect((await run(['list', '--to', '2001-01-01'])).text).toBe('')
  expect((await run(['list', '--to', '2001-01-01'], true)).text).toBe('none\n')
  expect((await run(['list', '--actor', 'mina'], true)).text).toBe(
    'none; an end user, or an id as it was asked for, is found with --tenant only\n',
  )
  const unmade = join(place.directory, 'unmade.ndjson')
  expect(await run(['prune', '--before', '2001-01-01', '--out', unmade, '--by', 'ops'], true)).toEqual({
    code: 0,
    text: 'nothing to prune\n',
  })
  expect(existsSync(unmade)).toBe(false)
  const end = Number(/"size":(\d+)/.exec((await run(['verify'])).text)![1])
  const part = (await run(['export', '--from', `${end - 2}`, '--to', `${end - 1}`])).text.trim().split('\n')
  expect(part.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['v', 'checkpoint'])
  expect(await journalCli(place.env, ['accept-rollback', '--by', 'ops'])).toMatchObject({
    code: 2,
    text: expect.stringContaining('REDIS_URL is not set'),
  })
  const keyless = { JOURNAL_URL: 'postgres://127.0.0.1:1/journal' }
  expect((await run(['verify'], true, keyless)).text).toContain('a shared journal needs JOURNAL_SIGNING_KEY and JOURNAL_SEALING_KEY')
  expect((await run(['verify'], true, { ...place.env, JOURNAL_SEALING_KEY: 'short' })).text).toContain(
    'a sealing secret of at least 32 bytes',
  )
  expect((await run(['verify', '--nonsense'])).code).toBe(2)
  expect((await run(['verify'], false, { ...place.env, JOURNAL_URL: `sqlite:${place.directory}/none.db` })).code).toBe(3)
  expect(existsSync(`${place.directory}/none.db`)).toBe(false)
})

test('an export that fails half-way leaves no file that could be taken for a whole one', async () => {
  await using place = makePlace()
  await using it = await place.open()
  for (let at = 0; at < 300; at += 1) it.guard.denied(deletion({ actor: { type: 'staff', id: `idp1|${at}` } }))
  await until(async () => (await treeHead(it.store)).size >= 300)
  let pages = 0
  const select: typeof it.store.select = (sql, params) => {
    if (sql.startsWith('SELECT seq AS "index", body') && ++pages === 2) throw new Error('away')
    return it.store.select(sql, params)
  }
  const file = join(place.directory, 'half.ndjson')
  const context = { ...it, keys: [place.key], sealer: place.sealer, anchor: async () => undefined, stop: new AbortController().signal }
  const out = { people: true, write: () => {}, progress: () => {} }
  await expect(writeExport({ ...context, out, store: { ...it.store, select } }, file, { format: 'ndjson' })).rejects.toThrow('away')
  expect(existsSync(file)).toBe(false)
})

test('a Redis that is down is named, with what to do, by the commands that ask it alone', async () => {
  await using place = makePlace()
  await (await place.open()).guard.close()
  const run = (line: string[], more: Record<string, string> = {}) => {
    const env = {
      JOURNAL_URL: `sqlite:${place.path}`,
      JOURNAL_SIGNING_KEY: place.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
      REDIS_URL: `redis://:hidden@127.0.0.1:1`,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...more,
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/journal/cli/main.ts', ...line], { env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  for (const line of [['verify'], ['accept-rollback', '--by', 'ops']]) {
    const { status, stdout, stderr } = run(line)
    expect([line, status, stderr]).toEqual([line, 3, ''])
    expect(JSON.parse(stdout)).toEqual({
      error: expect.stringMatching(/^the Redis at REDIS_URL cannot be reached \(ECONNREFUSED\): start it, or correct REDIS_URL;/),
    })
  }
  expect(run(['tail'])).toMatchObject({ status: 0, stdout: expect.stringContaining('"created"') })
  expect(run(['verify'], { REDIS_URL: '' })).toMatchObject({ status: 0, stdout: expect.stringContaining('"anchors":0') })
  expect(run(['verify'], { JOURNAL_URL: 'journal.db' })).toMatchObject({
    status: 3,
    stderr: '',
    stdout: expect.stringContaining('sqlite:PATH'),
  })
})
