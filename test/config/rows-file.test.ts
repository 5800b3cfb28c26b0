/** Apps and providers as rows of a file. */
import { writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadApps } from '../../config/apps.ts'
import { load, SettingsError } from '../../config/load.ts'
import { loadProviders } from '../../config/providers.ts'
import { canaryKey } from '../support/canaries.ts'
import { folderPerTest, least } from './env.ts'

const inFolder = folderPerTest()

test('several providers come from a file, and a fault in it is named', () => {
  const [file, secretFile, keyFile] = ['providers.yaml', 'client', 'key'].map((name) => inFolder(name)) as [string, string, string]
  writeFileSync(secretFile, 'a-secret-of-the-client')
  writeFileSync(keyFile, '-----BEGIN PRIVATE KEY-----')
  const staff = `- id: staff\n  issuer: https://staff.example.com\n  client: { id: bff, secretFile: ${secretFile} }\n  claims: { prefix: 'staff:', roles: groups, roleMap: { support: agent }, defaultRoles: [] }\n`
  const shop = `- id: shop\n  issuer: https://id.example.com\n  client: { id: bff, auth: private_key_jwt, keyFile: ${keyFile} }\n  audience: api://bff\n  claims: { prefix: 'shop:' }\n`
  const { settings } = load({ ...least, OIDC_PROVIDERS_FILE: file })
  writeFileSync(file, `${staff}${shop}`)
  const [one, other] = loadProviders(settings)
  expect([one?.client?.secret?.reveal(), one?.claims.defaultRoles, other?.client?.auth]).toEqual([
    'a-secret-of-the-client',
    [],
    'private_key_jwt',
  ])
  for (const [content, words] of [
    [`${staff}${staff}`, `OIDC_PROVIDERS_FILE: ${file}: line 5, column 3: the same as line 1, column 3`],
    [staff.replace(secretFile, keyFile.replace('key', 'none')), `line 1, column 3: a file that it names cannot be read: ENOENT`],
    [shop.replace(keyFile, secretFile), 'line 1, column 3: the content of a file that it names must be a private key in PEM'],
    [shop.replace('https:', 'ftp:'), 'line 2, column 11: must be an http or https address'],
    ['[', 'line 1, column 2: something is missing here'],
  ] as const) {
    writeFileSync(file, content)
    expect(() => loadProviders(settings)).toThrow(words)
  }
})

test('several apps come from a file, and a fault in it is named', () => {
  const file = inFolder('apps.yaml')
  writeFileSync(
    file,
    `- appId: app1\n  baseUrl: https://api.smooch.io\n  keys: [{ id: app_1, secret: ${canaryKey} }]\n  origins: [https://a.example]\n- appId: app2\n  baseUrl: https://api.eu-1.smooch.io\n  auth: basic\n  keys: [{ id: app_2, secret: ${canaryKey} }]\n`,
  )
  const { SESSION_KEYS, SESSION_PEPPERS } = least
  const { settings } = load({ SESSION_KEYS, SESSION_PEPPERS, APPS_FILE: file })
  expect(loadApps(settings)).toMatchObject([
    { appId: 'app1', auth: 'signed', origins: ['https://a.example'] },
    { appId: 'app2', auth: 'basic', origins: [] },
  ])
  writeFileSync(file, '- appId: app1\n  baseUrl: ftp://x\n  keys: []\n')
  expect(() => loadApps(settings)).toThrow(SettingsError)
  const empty = inFolder('empty')
  writeFileSync(empty, '\n')
  const one = (appId: string, more = ''): string =>
    `- appId: ${appId}\n  baseUrl: https://api.smooch.io\n  keys: [{ id: app_1, secret: ${canaryKey} }]\n${more}`
  for (const [content, words] of [
    [`${one('a')}${one('a')}`, 'line 4, column 3: the same as line 1, column 3'],
    [
      one('a', `  webhookSecretFile: ${empty}\n`),
      'line 1, column 3: the content of a file that it names must be a comma list of secrets of at least 16 characters',
    ],
    [
      one('a', '  webhookSecret: "1234567812345678,"\n'),
      'line 1, column 3: a secret must be a comma list of secrets of at least 16 characters',
    ],
    [one('a', `  webhookSecretFile: ${inFolder('none')}\n`), 'line 1, column 3: a file that it names cannot be read: ENOENT'],
    [
      one('a').replace(`secret: ${canaryKey}`, `secretFile: ${empty}`),
      'line 1, column 3: the content of a file that it names must have at least 16 characters',
    ],
  ] as const) {
    writeFileSync(file, content)
    expect(() => loadApps(settings)).toThrow(words)
  }
})
