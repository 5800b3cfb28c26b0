/** A wrong indent in APPS_FILE made the parser print the line, and with it the vendor's secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { loadApps } from '../../../config/apps.ts'
import { load, SettingsError } from '../../../config/load.ts'
import { loadProviders } from '../../../config/providers.ts'
import { type SettingName, settings } from '../../../config/settings.ts'
import { all } from '../../../src/contract/operations.ts'
import { errorMessage } from '../../../src/platform/error-message.ts'
import { describeError } from '../../../src/platform/log/logger.ts'
import { applyCallerOverrides } from '../../../src/policy/caller-overrides.ts'

const folder = mkdtempSync(join(tmpdir(), 'bff-slips-'))
afterAll(() => rmSync(folder, { recursive: true }))

const canary = 'UNMISTAKABLEcanaryOfTheSecret0123456789'
const keys = { SESSION_KEYS: `k:${'a'.repeat(32)}`, SESSION_PEPPERS: `p:${'b'.repeat(32)}` }
const app = { SMOOCH_APP_ID: 'a', SMOOCH_BASE_URL: 'https://vendor.example', SMOOCH_KEY_ID: 'app_1', SMOOCH_KEY_SECRET: 'k'.repeat(32) }

const secretLine = `secret: ${canary}`
/** What a pen does to a line that holds a secret. */
const slips: [slip: string, (line: string) => string][] = [
  ['indented too little', (line) => `\n ${line}`],
  ['indented by a tab', (line) => `\n\t${line}`],
  ['an open quotation', () => `secret: "${canary}`],
  ['an open single quotation', () => `secret: '${canary}`],
  ['an at sign before the value', () => `secret: @${canary}`],
  ['a backtick before the value', () => `secret: \`${canary}`],
  ['a percent sign before the value', () => `secret: %${canary}`],
  ['an alias', () => `secret: *${canary}`],
  ['an anchor', () => `secret: &${canary}`],
  ['a tag', () => `secret: !${canary} x`],
  ['a block with more in its head', () => `secret: |${canary}`],
  ['an escape that is none', () => `secret: "\\q${canary}"`],
  ['an open list', () => `secret: [${canary}`],
  ['an open map', () => `secret: {${canary}`],
  ['a list instead of text', () => `secret: [${canary}]`],
  ['a map instead of text', () => `secret: {${canary}: 1}`],
  ['a number instead of text', () => 'secret: 12345678901234567890'],
  ['the key twice', (line) => `${line}\n      ${line}`],
  ['the secret as a key', () => `${canary}: secret`],
  ['the secret as a key of lists', () => `? [${canary}]\n      : x`],
  ['a colon too many', () => `secret: x: ${canary}`],
  ['no colon', () => `secret ${canary}`],
  ['the field of files', () => `secretFile: ${canary}`],
  ['another name of the field', () => `secrets: ${canary}`],
  ['a directive', (line) => `${line}\n%${canary}\n---\n- x`],
  ['a second document', (line) => `${line}\n---\n${canary}: x`],
  ['a merge of nothing', () => `<<: *${canary}`],
]

const files: [name: string, content: (line: string) => string, read: (path: string) => unknown][] = [
  [
    'APPS_FILE',
    (line) => `- appId: app1\n  baseUrl: https://vendor.example\n  keys:\n    - id: app_1\n      ${line}\n`,
    (path) => loadApps(load({ ...keys, APPS_FILE: path }).settings),
  ],
  [
    'OIDC_PROVIDERS_FILE',
    (line) => `- id: one\n  issuer: https://id.example\n  client:\n      id: bff\n      ${line}\n`,
    (path) => loadProviders(load({ ...keys, ...app, OIDC_PROVIDERS_FILE: path }).settings),
  ],
]

const said = (read: () => unknown): string => {
  try {
    read()
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    return `${(error as Error).stack}${JSON.stringify(error)}${errorMessage(error)}`
  }
}

test.each(files.flatMap(([name, content, read]) => slips.map(([slip, change]) => ({ name, slip, content, change, read }))))(
  '$name with $slip: told by its place, without what stands there',
  ({ name, content, change, read }) => {
    const path = join(folder, 'settings.yaml')
    writeFileSync(path, content(change(secretLine)))
    const words = said(() => read(path))
    expect(words).toMatch(new RegExp(`${name}: .*settings.yaml: line \\d+, column \\d+: |${name}: .*an alias`))
    expect(words).not.toContain(canary)
  },
)

test.each(['appId', 'baseUrl', 'auth', 'origins', 'keys'])('a secret in the place of %s is not repeated', (field) => {
  const path = join(folder, 'apps.yaml')
  const row = { appId: 'a', baseUrl: 'https://vendor.example', keys: [{ id: 'app_1', secret: 's'.repeat(16) }], [field]: `${canary} ` }
  writeFileSync(path, JSON.stringify([row, row]))
  const words = said(() => files[0]![2](path))
  expect(words).toMatch(/line \d+, column \d+/)
  expect(words).not.toContain(canary)
})

test.each([
  ['SMOOCH_BASE_URL', `https://user:${canary}@vendor.example`],
  ['SMOOCH_BASE_URL', `ftp://user:${canary}@vendor.example`],
  ['OIDC_ISSUER', `https://user:${canary}@id.example`],
  ['ALERT_WEBHOOK_URL', `https://user:${canary}@alerts.example`],
  ['SMOOCH_BASE_URL', `https://vendor.example/?token=${canary}`],
  ['TRUSTED_ISSUERS', `https://user:${canary}@id.example api://bff`],
  ['PUBLIC_ORIGIN', `https://user:${canary}@app.example`],
  ['SMOOCH_KEY_SECRET_FILE', canary],
  ['REDIS_URL', `http://user:${canary}@redis`],
  ['JOURNAL_URL', `mysql://user:${canary}@db`],
])('%s that is refused is not repeated when it may hold a secret', (name, value) => {
  const { SMOOCH_KEY_SECRET, ...rest } = app
  const words = said(() => load({ ...keys, ...rest, ...(name === 'SMOOCH_KEY_SECRET_FILE' ? {} : { SMOOCH_KEY_SECRET }), [name]: value }))
  expect(words).toContain(name)
  expect(words).not.toContain(canary)
})

test.each([canary, `delete_app_user=${canary}`, `delete_app_user=admin,x-${canary}=admin`])('nor in OPERATION_CALLERS: %s', (text) => {
  expect(() => applyCallerOverrides(all, text)).toThrow(/OPERATION_CALLERS: .*is not one of/)
  expect(() => applyCallerOverrides(all, text)).not.toThrow(canary)
})

// A line that slipped, or an address whose beginning was forgotten.
test.each((Object.keys(settings) as SettingName[]).filter((name) => !(name in keys)))(
  'a secret as the value of %s is not repeated',
  (name) => {
    for (const value of [canary, `user:${canary}@vendor.example`, `user:pw@vendor.example`, `hooks.example/${canary}`, `(${canary}`]) {
      try {
        load({ ...keys, ...app, [name]: value })
      } catch (error) {
        expect((error as SettingsError).faults.join()).not.toMatch(new RegExp(`${canary}|pw@`))
      }
    }
  },
)

test.each([`${canary}`, `{"a": ${canary}}`, `{"a":"b\\${canary}"}`, `["${canary}`])(
  'the words of a parser of JSON never reach a log: %s',
  (text) => {
    try {
      JSON.parse(text)
      throw new Error('it is JSON')
    } catch (error) {
      for (const words of [errorMessage(error), errorMessage(new Error('of it', { cause: error })), JSON.stringify(describeError(error))]) {
        expect(words).toMatch(/cannot be parsed/)
        expect(words).not.toContain(canary.slice(0, 8))
      }
    }
  },
)
