/** The envelope for auditors: unpacked in an empty folder, it is checked by plain Node and by Go's own packages, without this repository; one changed byte is found. */
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newSigningKey, signingKey, signNote } from '../../src/journal/log/checkpoint.ts'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { parse } from '../support/csv.ts'
import { goInstalled } from '../support/go.ts'
import { journalCli } from '../support/journal-cli.ts'

let bff: Bff
let auditor: Carried
let folder: string
let unpacked: string

const files = ['README.html', 'check.go', 'check.mjs', 'checkpoint.txt', 'events.ndjson', 'key.txt', 'manifest.txt', 'operations.csv']

const download = (query: string, headers = auditor): Promise<Response> =>
  fetch(`${bff.app.publicUrl}/bff/ops/api/envelope${query}`, { headers })

const unpack = async (answer: Response, into: string): Promise<string> => {
  const file = join(into, 'envelope.tar.gz')
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()))
  expect(spawnSync('tar', ['xzf', file], { cwd: into }).stderr.toString()).toBe('')
  return join(into, readdirSync(into).find((name) => !name.endsWith('.gz'))!)
}

const check = (where: string, node = process.execPath, ...args: string[]) => {
  const { status, stdout } = spawnSync(node, [join(where, 'check.mjs'), ...args], { cwd: tmpdir(), env: {} })
  return { status, said: stdout.toString() }
}

const copied = <T>(change: (where: string) => void, checked: (where: string) => T): T => {
  const copy = join(folder, 'copy')
  cpSync(unpacked, copy, { recursive: true })
  change(copy)
  const result = checked(copy)
  rmSync(copy, { recursive: true })
  return result
}

const signing = newSigningKey()
const keyOf = async ({ journalFile }: Bff, env = { JOURNAL_SIGNING_KEY: signing }): Promise<string> =>
  (JSON.parse((await journalCli({ JOURNAL_URL: `sqlite:${journalFile}`, ...env }, ['verify'], {})).text) as { key: string }).key

beforeAll(async () => {
  bff = await startBff({ env: { JOURNAL_SIGNING_KEY: signing } })
  auditor = await bff.signIn({ roles: ['auditor'], actor: { id: 'iris' } })
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: '=HYPERLINK("x")' } })
  for (const userId of ['plain-1', '+SUM(1)', 'mia@example.org']) {
    const { _id } = bff.sandbox.createUser(appId, { userId, givenName: 'Mia' })
    const headers = { ...admin, 'audit-reason': 'gdpr_request', 'audit-ticket': 'OPS-4711' }
    expect((await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers })).status).toBe(200)
  }
  folder = mkdtempSync(join(tmpdir(), 'envelope-'))
  const answer = await download('?action=delete')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/gzip'])
  const today = new Date().toISOString().slice(0, 10)
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="audit-${appId}-action-delete-start-to-${today}.tar.gz"`)
  unpacked = await unpack(answer, folder)
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('it holds, by the key in it and by the key that the command line prints', async () => {
  expect(new Set(readdirSync(unpacked))).toEqual(new Set([...files, 'proofs']))
  const key = await keyOf(bff)
  expect(readFileSync(join(unpacked, 'key.txt'), 'utf8')).toBe(`${key}\n`)
  const events = readFileSync(join(unpacked, 'events.ndjson'), 'utf8').split('\n').length - 1
  expect(check(unpacked)).toEqual({
    status: 0,
    said: expect.stringMatching(new RegExp(`^HOLDS: ${events} events are in the log smooch-bff/j_`)),
  })
  expect(check(unpacked, process.execPath, key)).toMatchObject({ status: 0 })
  // Whatever Node the auditor has.
  if (existsSync('/usr/bin/node')) expect(check(unpacked, '/usr/bin/node')).toMatchObject({ status: 0 })
})

test('one byte of any file, a file more and a file less are found', () => {
  const [proof = ''] = readdirSync(join(unpacked, 'proofs'))
  const changed = (change: (where: string) => void): number | null => copied(change, check).status
  for (const name of [...files, `proofs/${proof}`]) {
    const size = readFileSync(join(unpacked, name)).length
    // At the end, in the middle, and in the head of the checker, which is a comment.
    for (const at of name === 'check.mjs' ? [10] : [0, Math.floor(size / 2), size - 1]) {
      const flip = (where: string): void => {
        const bytes = readFileSync(join(where, name))
        bytes[at]! ^= 1
        writeFileSync(join(where, name), bytes)
      }
      expect([name, at, changed(flip)]).toEqual([name, at, 1])
    }
  }
  expect(changed((where) => copyFileSync(join(where, 'key.txt'), join(where, 'more.txt')))).toBe(1)
  expect(changed((where) => rmSync(join(where, 'operations.csv')))).toBe(1)
  expect(changed((where) => rmSync(join(where, 'proofs', proof)))).toBe(1)
})

/** The first event tells of another person, in the list and in its proof; who holds the key signs the files anew. */
const forge = (where: string): void => {
  const change = (name: string, to: (text: string) => string): void =>
    writeFileSync(join(where, name), to(readFileSync(join(where, name), 'utf8')))
  const [event = ''] = readFileSync(join(where, 'events.ndjson'), 'utf8').split('\n')
  const { id } = JSON.parse(event) as { id: string }
  const forged = event.replace(appId, appId.replace('6', '7'))
  expect(forged).not.toBe(event)
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  change('events.ndjson', (text) => text.replace(event, forged))
  change(`proofs/${id}.tlog-proof`, (text) => text.replace(base64(event), base64(forged)))
  change('manifest.txt', (text) => {
    const [origin = '', ...lines] = text.split('\n\n')[0]!.split('\n')
    const names = lines.map((line) => line.split('  ')[1]!)
    const sums = names.map((name) => `${hash('sha256', readFileSync(join(where, name)))}  ${name}\n`)
    return signNote(origin, sums.join(''), signingKey(signing))
  })
}

test('an event that is not in the log is found, even when the key has signed its files', () => {
  expect(copied(forge, check)).toEqual({
    status: 1,
    said: expect.stringMatching(/^DOES NOT HOLD: evt_\S+ is not in the log that was signed/),
  })
})

const whenGo = goInstalled() ? test : test.skip
whenGo(
  "Go's own packages accept it, as README.html says, but neither an event that is not in the log, a changed byte nor another key",
  async () => {
    const [, command = ''] = /^(GO111MODULE=[^<]+)/m.exec(readFileSync(join(unpacked, 'README.html'), 'utf8'))!
    const go =
      (key: string) =>
      (cwd: string): string => {
        const line = command.replaceAll('&#39;', "'").replace('KEY', key)
        return spawnSync('sh', ['-c', line], { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'], GOCACHE: join(folder, 'go') } })
          .stdout
      }
    const own = go(await keyOf(bff))
    expect(own(unpacked)).toMatch(/^HOLDS: [1-9]\d* events are in the log, and \d+ files are what was signed\.\n$/)
    expect(copied(forge, own)).toBe('DOES NOT HOLD: invalid transparency proof\n')
    const changed = copied((where) => writeFileSync(join(where, 'operations.csv'), 'when\n'), own)
    expect(changed).toBe('DOES NOT HOLD: operations.csv is not what was signed\n')
    const more = copied((where) => copyFileSync(join(where, 'key.txt'), join(where, 'more.txt')), own)
    expect(more).toMatch(/^DOES NOT HOLD: \d+ files are there/)
    const otherKey = newSigningKey()
    await using other = await startBff({ env: { JOURNAL_SIGNING_KEY: otherKey } })
    expect(go(await keyOf(other, { JOURNAL_SIGNING_KEY: otherKey }))(unpacked)).toBe('DOES NOT HOLD: note has no verifiable signatures\n')
  },
)

test('another key does not hold', async () => {
  const otherKey = newSigningKey()
  await using other = await startBff({ env: { JOURNAL_SIGNING_KEY: otherKey } })
  expect(check(unpacked, process.execPath, await keyOf(other, { JOURNAL_SIGNING_KEY: otherKey }))).toEqual({
    status: 1,
    said: expect.stringMatching(/^DOES NOT HOLD: manifest.txt is not signed by the key/),
  })
})

test('the CSV says who did what to whom, why, and how it ended, in cells that no spreadsheet evaluates', () => {
  const text = readFileSync(join(unpacked, 'operations.csv'), 'utf8')
  const [head = [], ...rows] = parse(text)
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)])
  expect(column('whom')).toEqual(['m…@example.org', '+SUM(1)', 'plain-1'])
  expect(new Set(column('who'))).toEqual(new Set(['=HYPERLINK("x")']))
  expect(new Set(column('why'))).toEqual(new Set(['gdpr_request']))
  expect(new Set(column('ticket'))).toEqual(new Set(['OPS-4711']))
  expect(column('before')[0]).toMatch(/givenName.* \(sealed until \d{4}-/)
  expect(column('outcome').every((state) => ['success', 'applied'].includes(state!))).toBe(true)
  for (const cell of [`,"'+SUM(1)",`, `,"'=HYPERLINK(""x"")",`]) expect(text).toContain(cell)
})

test('it is for auditors and admins, of their own app, and refuses a word that does not exist', async () => {
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  expect((await download('', agent)).status).toBe(403)
  expect((await download('?action=remove')).status).toBe(400)
  expect((await download('?what=ever')).status).toBe(400)
})
