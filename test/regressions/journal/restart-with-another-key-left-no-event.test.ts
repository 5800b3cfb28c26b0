/** A secret that was changed by a restart, as settings of the environment are, left nothing in the journal; now it is noticed by what was in use before. */
import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'
import { canarySessionKey } from '../../support/canaries.ts'
import { until } from '../../support/until.ts'

interface Told {
  readonly setting: string
  readonly atStart: boolean
}

const secret = `${canarySessionKey}-another`

const setUp = () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  const file = join(folder, 'journal.db')
  const rows = (action: string) => {
    using db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
    const found = db.prepare('SELECT body FROM event WHERE action = ? ORDER BY seq').all(action)
    return found.map(({ body }) => (JSON.parse(String(body)) as { facts: Told }).facts)
  }
  const run = async (env: Record<string, string>): Promise<void> => {
    const bff = await startBff({ env: { JOURNAL_URL: `sqlite:${file}`, ...env } })
    await until(() => rows('secrets_in_use').length > 0)
    await bff[Symbol.asyncDispose]()
  }
  return { folder, file, rows, run, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

test('each change is one event that names the setting; the same secrets again are none', async () => {
  using it = setUp()
  await it.run({})
  await it.run({})
  expect([it.rows('secret_replaced'), it.rows('secrets_in_use').length]).toEqual([[], 1])
  await it.run({ SESSION_KEYS: `k2:${secret}`, SMOOCH_KEY_SECRET: secret })
  await it.run({ SESSION_KEYS: `k2:${secret}`, SMOOCH_KEY_SECRET: secret })
  await it.run({ SESSION_KEYS: `k2:${secret}`, SMOOCH_KEY_SECRET: secret, SMOOCH_WEBHOOK_SECRET: secret })
  expect(it.rows('secret_replaced').toSorted((one, other) => one.setting.localeCompare(other.setting))).toEqual(
    ['SESSION_KEYS', 'SMOOCH_KEY_SECRET', 'SMOOCH_WEBHOOK_SECRET'].map((setting) => ({ setting, atStart: true })),
  )
})

test('the keys of an APPS_FILE count too, and no secret stands in the journal, whole or as a plain digest', async () => {
  using it = setUp()
  const apps = join(it.folder, 'apps.yaml')
  const appsWith = (key: string): void =>
    writeFileSync(
      apps,
      `- appId: 69f0100f2a3b4c5d6e7f8091\n  baseUrl: http://127.0.0.1:9\n  keys:\n    - { id: app_1, secret: "${key}" }\n`,
    )
  appsWith(canarySessionKey)
  await it.run({ APPS_FILE: apps })
  appsWith(secret)
  await it.run({ APPS_FILE: apps })
  expect(it.rows('secret_replaced')).toEqual([{ setting: 'APPS_FILE', atStart: true }])
  const bytes = readFileSync(it.file).toString('latin1')
  const plain = hash('sha256', secret)
  expect([secret, plain, Buffer.from(secret).toString('base64')].filter((text) => bytes.includes(text))).toEqual([])
})

test('a journal that is away at the start is told once it is back', async () => {
  using it = setUp()
  await it.run({})
  const locked = new DatabaseSync(it.file)
  locked.exec('BEGIN EXCLUSIVE')
  const starting = startBff({ env: { JOURNAL_URL: `sqlite:${it.file}`, SESSION_KEYS: `k2:${secret}` } })
  await using bff = await starting
  expect(bff.lines.some(({ alarm }) => alarm === 'journal_gate')).toBe(true)
  locked.exec('ROLLBACK')
  locked.close()
  await until(() => it.rows('secret_replaced').length > 0)
  expect(it.rows('secret_replaced')).toEqual([{ setting: 'SESSION_KEYS', atStart: true }])
})
