import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, jest, test } from '@jest/globals'
import { loadApps } from '../../config/apps.ts'
import { load } from '../../config/load.ts'
import { loadProviders } from '../../config/providers.ts'
import { Secret } from '../../config/secret.ts'
import { takesEffect, watchSecretFiles } from '../../config/secret-files.ts'
import { folderPerTest, least } from './env.ts'

const inFolder = folderPerTest()

test('a swapped file takes effect, and garbage keeps the old value and alarms once', () => {
  jest.useFakeTimers()
  try {
    const file = inFolder('keys')
    writeFileSync(file, least.SESSION_KEYS)
    const secret = new Secret(least.SESSION_KEYS)
    const alarms: string[] = []
    const changed: string[] = []
    const stop = watchSecretFiles(
      [{ name: 'SESSION_KEYS', path: file, secret }],
      (name) => changed.push(name),
      (name) => alarms.push(name),
    )
    writeFileSync(file, `k2:${'c'.repeat(32)}`)
    jest.advanceTimersByTime(4_900)
    expect([secret.reveal(), changed]).toEqual([`k2:${'c'.repeat(32)}`, ['SESSION_KEYS']])
    writeFileSync(file, 'garbage')
    jest.advanceTimersByTime(20_000)
    expect([secret.reveal(), alarms]).toEqual([`k2:${'c'.repeat(32)}`, ['SESSION_KEYS']])
    stop()
  } finally {
    jest.useRealTimers()
  }
})

test('files that apps and providers name are watched too, each by itself, also when they are swapped by symlink', () => {
  jest.useFakeTimers()
  try {
    const swap = (generation: string, secrets: Record<string, string>) => {
      mkdirSync(inFolder(generation))
      for (const [name, text] of Object.entries(secrets)) writeFileSync(inFolder(generation, name), text)
      symlinkSync(generation, inFolder('next'))
      renameSync(inFolder('next'), inFolder('..data'))
    }
    swap('one', {
      first: 'first-secret-of-a-key',
      second: 'second-secret-of-a-key',
      hook: 'secret-of-a-webhook',
      client: 'secret-of-a-client',
    })
    const at = (name: string) => inFolder('..data', name)
    const [appsFile, providersFile] = [inFolder('apps.yaml'), inFolder('providers.yaml')]
    const row = (id: string, more: string) =>
      `- appId: ${id}\n  baseUrl: https://api.smooch.io\n  keys: [{ id: app_${id}, secretFile: ${at(id)} }]\n${more}`
    writeFileSync(appsFile, row('first', `  webhookSecretFile: ${at('hook')}\n`) + row('second', ''))
    writeFileSync(
      providersFile,
      `- id: staff\n  issuer: https://staff.example.com\n  client: { id: bff, secretFile: ${at('client')} }\n  claims: { prefix: 'staff:' }\n`,
    )
    const { settings, files: ofSettings } = load({ ...least, APPS_FILE: appsFile, OIDC_PROVIDERS_FILE: providersFile })
    const files = [...ofSettings]
    const [first, second] = loadApps(settings, files)
    const [staff] = loadProviders(settings, files)
    const alarms: string[] = []
    const stop = watchSecretFiles(
      files,
      () => undefined,
      (name) => alarms.push(name),
    )
    swap('two', { first: 'new-secret-of-a-key', second: 'short', hook: 'short', client: 'new-secret-of-a-client' })
    jest.advanceTimersByTime(20_000)
    expect([first!.keys[0]!.secret.reveal(), second!.keys[0]!.secret.reveal()]).toEqual(['new-secret-of-a-key', 'second-secret-of-a-key'])
    expect([first!.webhookSecret!.reveal(), staff!.client!.secret!.reveal()]).toEqual(['secret-of-a-webhook', 'new-secret-of-a-client'])
    expect(new Set(alarms)).toEqual(new Set(['SMOOCH_WEBHOOK_SECRET', 'SMOOCH_KEY_SECRET']))
    expect(alarms).toHaveLength(2)
    stop()
  } finally {
    jest.useRealTimers()
  }
})

test('of a replaced secret it is known when it takes effect', () => {
  expect(takesEffect('SESSION_KEYS')).toBe('now')
  expect(takesEffect('JOURNAL_URL')).toBe('at the next start')
  expect(takesEffect('REDIS_URL')).toMatch('at the next connection')
})
