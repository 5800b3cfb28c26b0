/** The envelope for auditors: unpacked in an empty folder, it is checked by plain Node, without this repository; one changed byte is found. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { parse } from '../support/csv.ts'
import { journalCli } from '../support/journal-cli.ts'

let bff: Bff
let auditor: Carried
let folder: string
let unpacked: string

const files = ['README.html', 'check.mjs', 'checkpoint.txt', 'events.ndjson', 'key.txt', 'manifest.txt', 'operations.csv']

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

beforeAll(async () => {
  bff = await startBff()
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
  const { key } = JSON.parse((await journalCli({ JOURNAL_URL: `sqlite:${bff.journalFile}` }, ['verify'], {})).text) as { key: string }
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
  const copy = join(folder, 'copy')
  const changed = (change: (where: string) => void): number | null => {
    cpSync(unpacked, copy, { recursive: true })
    change(copy)
    const { status } = check(copy)
    rmSync(copy, { recursive: true })
    return status
  }
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

test('another key does not hold', async () => {
  await using other = await startBff()
  const { key } = JSON.parse((await journalCli({ JOURNAL_URL: `sqlite:${other.journalFile}` }, ['verify'], {})).text) as { key: string }
  expect(check(unpacked, process.execPath, key)).toEqual({
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
