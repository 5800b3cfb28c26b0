import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { loadApps } from '../../config/apps.ts'
import { load, SettingsError } from '../../config/load.ts'
import { loadProviders } from '../../config/providers.ts'
import { Secret } from '../../config/secret.ts'
import { takesEffect, watchSecretFiles } from '../../config/secret-files.ts'
import { canaryKey } from '../support/canaries.ts'

const good = {
  SMOOCH_BASE_URL: 'https://acme.zendesk.com/sc',
  SMOOCH_APP_ID: '69f0100f2a3b4c5d6e7f8091',
  SMOOCH_KEY_ID: 'app_1',
  SMOOCH_KEY_SECRET: canaryKey,
  SESSION_KEYS: `k1:${'a'.repeat(32)}`,
  SESSION_PEPPERS: `p1:${'b'.repeat(32)}`,
}

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    load(env)
    return []
  } catch (error) {
    return (error as SettingsError).faults
  }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bff-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('settings', () => {
  test('with what is needed, the rest has defaults', () => {
    const { settings, warnings } = load(good)
    expect(settings).toMatchObject({ PORT: 3000, PRIVATE_PORT: 3001, BASE_PATH: '/bff', AUTO_CREATE: true, LIMIT_READS: 120 })
    expect(warnings.join()).toMatch(/in this process/)
    expect(loadApps(settings)).toMatchObject([{ appId: good.SMOOCH_APP_ID, auth: 'signed', keys: [{ id: 'app_1' }] }])
  })

  test('with nothing, every missing one is named', () => {
    const faults = faultsOf({})
    for (const name of Object.keys(good)) expect(faults.some((fault) => fault.startsWith(`${name} is missing: `))).toBe(true)
  })

  test.each([
    ['NODE_ENV', 'prod', 'NODE_ENV is "prod", but must be one of development, test, production'],
    ['PORT', '99999', 'PORT is "99999", but must be at most 65535'],
    [
      'REDIS_URL',
      'redis:///',
      'REDIS_URL is set, but must give hosts as name:port, an IPv6 address in brackets ([::1]:6379); in a password write / ? # and @ as %2F %3F %23 and %40',
    ],
    [
      'REDIS_URL',
      'redis://:pa/ss@host',
      'REDIS_URL is set, but must give hosts as name:port, an IPv6 address in brackets ([::1]:6379); in a password write / ? # and @ as %2F %3F %23 and %40',
    ],
    [
      'REDIS_URL',
      'redis://::1:6379',
      'REDIS_URL is set, but must give hosts as name:port, an IPv6 address in brackets ([::1]:6379); in a password write / ? # and @ as %2F %3F %23 and %40',
    ],
    [
      'REDIS_URL',
      'redis://[::1::2]:6379',
      'REDIS_URL is set, but must give hosts as name:port, an IPv6 address in brackets ([::1]:6379); in a password write / ? # and @ as %2F %3F %23 and %40',
    ],
    ['REDIS_URL', 'redis://host:70000', 'REDIS_URL is set, but must give a port from 1 to 65535'],
    ['REDIS_URL', 'redis://host/one', 'REDIS_URL is set, but must name the database by its number'],
    [
      'REDIS_URL',
      'redis://host?family=6',
      'REDIS_URL is set, but may have no query, fragment or space; in a password write ? and # as %3F and %23',
    ],
    ['REDIS_URL', 'redis://word@host', 'REDIS_URL is set, but must give credentials as user:password or :password'],
    ['REDIS_URL', 'redis://:100%@host', 'REDIS_URL is set, but holds a % that begins no percent-encoding: write it as %25'],
    ['REDIS_URL', 'redis://one,two', 'REDIS_URL is set, but names several hosts: that is redis+cluster:// or redis+sentinel://'],
    [
      'CACHE_REDIS_URL',
      'redis+cluster://one,two/2',
      'CACHE_REDIS_URL is set, but is of a Cluster, which has no database but 0: leave the path away',
    ],
    ['REDIS_SENTINEL_LOGIN', 'word', 'REDIS_SENTINEL_LOGIN is set, but must give credentials as user:password or :password'],
    ['REDIS_CA', '/etc/ssl/ca.pem', 'REDIS_CA is set, but must be in PEM, with BEGIN CERTIFICATE'],
    ['HOST', 'http://0.0.0.0', 'HOST is "http://0.0.0.0", but must be an address or a name of this machine, without a port'],
    ['PRIVATE_HOST', '10.0.0.1:3001', 'PRIVATE_HOST is "10.0.0.1:3001", but must be an address or a name of this machine, without a port'],
    [
      'JOURNAL_URL',
      'postgres://host:port/db',
      'JOURNAL_URL is set, but must be sqlite:PATH or postgres://user:password@host:5432/database, percent-encoded',
    ],
    ['WORKERS', '0', 'WORKERS is "0", but must be at least 1'],
    ['LIMIT_READS', 'x', 'LIMIT_READS is "x", but must be a number'],
    ['LIMIT_READS', '1.5', 'LIMIT_READS is "1.5", but must be a whole number'],
    ['ALERT_WEBHOOK_SECRET', 'x', 'ALERT_WEBHOOK_SECRET is set, but must have at least 32 characters'],
    [
      'AUDIT_TICKET',
      '[',
      'AUDIT_TICKET is "[", but must be a regular expression without backreferences and without looking ahead or behind',
    ],
    [
      'AUDIT_TICKET',
      '(?=A)',
      'AUDIT_TICKET is "(?=A)", but must be a regular expression without backreferences and without looking ahead or behind',
    ],
    ['SERVICE_KEYS', `a:${'s'.repeat(32)},b:${'s'.repeat(32)}:user`, 'SERVICE_KEYS is set, but must give each key a secret of its own'],
    ['SERVICE_KEYS', `a:${'s'.repeat(32)},a:${'t'.repeat(32)}`, 'SERVICE_KEYS is set, but must give each key a name of its own'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'TRUSTED_PROXIES is "10.0.0.0/33", but must be addresses or CIDRs such as 10.0.0.0/8'],
    ['SMOOCH_BASE_URL', 'https://a.b/?c', 'SMOOCH_BASE_URL is set, but must be an address without query or fragment'],
    ['OIDC_CLIENT_KEY', 'x', 'OIDC_CLIENT_KEY is set, but must be a private key in PEM'],
    [
      'SMOOCH_WEBHOOK_SECRET',
      'a-good-secret,',
      'SMOOCH_WEBHOOK_SECRET is set, but must be a comma list of secrets of at least 16 characters',
    ],
    ['SESSION_KEYS', `k:${'a'.repeat(32)},k:${'b'.repeat(32)}`, 'SESSION_KEYS is set, but must give each key a name of its own'],
    ['JOURNAL_ULR', 'x', 'JOURNAL_ULR is not a setting; did you mean JOURNAL_URL?'],
    ['WORKER', '2', 'WORKER is not a setting; did you mean WORKERS?'],
  ])('%s=%s is told in plain words', (name, value, words) => {
    expect(faultsOf({ ...good, [name]: value })).toEqual([words])
  })

  test('a second key is another one than the first', () => {
    const second = { SMOOCH_KEY_ID_2: good.SMOOCH_KEY_ID, SMOOCH_KEY_SECRET_2: 's'.repeat(32) }
    expect(faultsOf({ ...good, ...second })).toEqual([
      'SMOOCH_KEY_ID_2 must be another key than SMOOCH_KEY_ID: of two keys with one id the second would never be used',
    ])
    expect(faultsOf({ ...good, ...second, SMOOCH_KEY_ID_2: 'app_2' })).toEqual([])
    const keys = [1, 2].map(() => ({ id: 'app_1', secret: 's'.repeat(32) }))
    writeFileSync(join(folder, 'apps.yaml'), JSON.stringify([{ appId: 'a', baseUrl: 'https://vendor.example', keys }]))
    expect(() => loadApps(load({ ...good, APPS_FILE: join(folder, 'apps.yaml') }).settings)).toThrow(/must have an id of its own each/)
  })

  test('what other programs have in the environment is no misspelling', () => {
    const others = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'NODE_PATH',
      'REDIS_PORT',
      'REDIS_SERVICE_HOST',
      'JOURNAL_STREAM',
      'INVOCATION_ID',
      'LOGNAME',
      'SHELL',
    ]
    expect(faultsOf({ ...good, ...Object.fromEntries(others.map((name) => [name, 'x'])) })).toEqual([])
  })

  test('all faults are told at once, without the secrets', () => {
    const faults = faultsOf({
      ...good,
      PORT: '99999',
      BASE_PATH: 'bff/',
      SESSION_KEYS: 'k1:short-secret',
      LIMIT_READS: 'many',
      PUBLIC_ORIGIN: 'https://a.example/',
    })
    expect(faults).toHaveLength(5)
    expect(faults.join()).not.toContain('short-secret')
  })

  test('a misspelt name is offered the right one', () => {
    expect(faultsOf({ ...good, SMOOCH_KEYID: 'x' })).toEqual(['SMOOCH_KEYID is not a setting; did you mean SMOOCH_KEY_ID?'])
  })

  test('production asks for Redis, https origins and says why', () => {
    expect(faultsOf({ ...good, NODE_ENV: 'production' }).map((fault) => fault.split(' ')[0])).toEqual(['REDIS_URL', 'PUBLIC_ORIGIN'])
    expect(faultsOf({ ...good, NODE_ENV: 'production', REDIS_URL: 'redis://r', PUBLIC_ORIGIN: 'http://a.example' })).toEqual([
      'PUBLIC_ORIGIN must be https in production',
    ])
  })

  test('a secret never shows', () => {
    const { settings } = load(good)
    for (const shown of [
      JSON.stringify(settings),
      inspect(settings, { depth: 9 }),
      String(settings.SMOOCH_KEY_SECRET),
      `${settings.SESSION_KEYS}`,
    ])
      expect(shown).not.toContain(canaryKey)
    expect(settings.SMOOCH_KEY_SECRET?.reveal()).toBe(canaryKey)
  })

  test('a secret may come as a file, but not twice', () => {
    const file = join(folder, 'key')
    writeFileSync(file, `${canaryKey}\n`)
    const { SMOOCH_KEY_SECRET: _, ...rest } = good
    expect(load({ ...rest, SMOOCH_KEY_SECRET_FILE: file }).settings.SMOOCH_KEY_SECRET?.reveal()).toBe(canaryKey)
    expect(faultsOf({ ...good, SMOOCH_KEY_SECRET_FILE: file })).toEqual([
      'SMOOCH_KEY_SECRET and SMOOCH_KEY_SECRET_FILE are both set; keep one',
    ])
    expect(faultsOf({ ...rest, SMOOCH_KEY_SECRET_FILE: join(folder, 'none') })[0]).toMatch(/^SMOOCH_KEY_SECRET_FILE cannot be read/)
  })

  test('a swapped file takes effect, and garbage keeps the old value and alarms once', () => {
    jest.useFakeTimers()
    try {
      const file = join(folder, 'keys')
      writeFileSync(file, good.SESSION_KEYS)
      const secret = new Secret(good.SESSION_KEYS)
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
        mkdirSync(join(folder, generation))
        for (const [name, text] of Object.entries(secrets)) writeFileSync(join(folder, generation, name), text)
        symlinkSync(generation, join(folder, 'next'))
        renameSync(join(folder, 'next'), join(folder, '..data'))
      }
      swap('one', {
        first: 'first-secret-of-a-key',
        second: 'second-secret-of-a-key',
        hook: 'secret-of-a-webhook',
        client: 'secret-of-a-client',
      })
      const at = (name: string) => join(folder, '..data', name)
      const [appsFile, providersFile] = [join(folder, 'apps.yaml'), join(folder, 'providers.yaml')]
      const row = (id: string, more: string) =>
        `- appId: ${id}\n  baseUrl: https://api.smooch.io\n  keys: [{ id: app_${id}, secretFile: ${at(id)} }]\n${more}`
      writeFileSync(appsFile, row('first', `  webhookSecretFile: ${at('hook')}\n`) + row('second', ''))
      writeFileSync(
        providersFile,
        `- id: staff\n  issuer: https://staff.example.com\n  client: { id: bff, secretFile: ${at('client')} }\n  claims: { prefix: 'staff:' }\n`,
      )
      const { settings, files: ofSettings } = load({ ...good, APPS_FILE: appsFile, OIDC_PROVIDERS_FILE: providersFile })
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

  test('several providers come from a file, and a fault in it is named', () => {
    const [file, secretFile, keyFile] = ['providers.yaml', 'client', 'key'].map((name) => join(folder, name)) as [string, string, string]
    writeFileSync(secretFile, 'a-secret-of-the-client')
    writeFileSync(keyFile, '-----BEGIN PRIVATE KEY-----')
    const staff = `- id: staff\n  issuer: https://staff.example.com\n  client: { id: bff, secretFile: ${secretFile} }\n  claims: { prefix: 'staff:', roles: groups, roleMap: { support: agent }, defaultRoles: [] }\n`
    const shop = `- id: shop\n  issuer: https://id.example.com\n  client: { id: bff, auth: private_key_jwt, keyFile: ${keyFile} }\n  audience: api://bff\n  claims: { prefix: 'shop:' }\n`
    const { settings } = load({ ...good, OIDC_PROVIDERS_FILE: file })
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
    const file = join(folder, 'apps.yaml')
    writeFileSync(
      file,
      `- appId: app1\n  baseUrl: https://api.smooch.io\n  keys: [{ id: app_1, secret: ${canaryKey} }]\n  origins: [https://a.example]\n- appId: app2\n  baseUrl: https://api.eu-1.smooch.io\n  auth: basic\n  keys: [{ id: app_2, secret: ${canaryKey} }]\n`,
    )
    const { SESSION_KEYS, SESSION_PEPPERS } = good
    const { settings } = load({ SESSION_KEYS, SESSION_PEPPERS, APPS_FILE: file })
    expect(loadApps(settings)).toMatchObject([
      { appId: 'app1', auth: 'signed', origins: ['https://a.example'] },
      { appId: 'app2', auth: 'basic', origins: [] },
    ])
    writeFileSync(file, '- appId: app1\n  baseUrl: ftp://x\n  keys: []\n')
    expect(() => loadApps(settings)).toThrow(SettingsError)
    const empty = join(folder, 'empty')
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
      [one('a', `  webhookSecretFile: ${folder}/none\n`), 'line 1, column 3: a file that it names cannot be read: ENOENT'],
      [
        one('a').replace(`secret: ${canaryKey}`, `secretFile: ${empty}`),
        'line 1, column 3: the content of a file that it names must have at least 16 characters',
      ],
    ] as const) {
      writeFileSync(file, content)
      expect(() => loadApps(settings)).toThrow(words)
    }
  })
})
