import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { loadApps } from '../../config/apps.ts'
import { load } from '../../config/load.ts'
import { canaryKey } from '../support/canaries.ts'
import { faultsOf, folderPerTest, least } from './env.ts'

const inFolder = folderPerTest()

test('with what is needed, the rest has defaults', () => {
  const { settings, warnings } = load(least)
  expect(settings).toMatchObject({ PORT: 3000, PRIVATE_PORT: 3001, BASE_PATH: '/bff', AUTO_CREATE: true, LIMIT_READS: 120 })
  expect(warnings.join()).toMatch(/in this process/)
  expect(loadApps(settings)).toMatchObject([{ appId: least.SMOOCH_APP_ID, auth: 'signed', keys: [{ id: 'app_1' }] }])
})

test('with nothing, every missing one is named', () => {
  const faults = faultsOf({})
  for (const name of Object.keys(least)) expect(faults.some((fault) => fault.startsWith(`${name} is missing: `))).toBe(true)
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
  ['JOURNAL_URL', 'postgres://u@one,,two/j', 'JOURNAL_URL is set, but has a comma without a host beside it'],
  [
    'JOURNAL_URL',
    'postgres://u@one:5432,two:x/j',
    'JOURNAL_URL is set, but must be sqlite:PATH or postgres://user:password@host:5432/database, percent-encoded',
  ],
  ['JOURNAL_URL', 'postgres://u@one,two/j?host=/run', 'JOURNAL_URL is set, but names several hosts, and one more as host=: keep one way'],
  [
    'JOURNAL_URL',
    'postgres://u@one,two/j?target_session_attrs=any',
    'JOURNAL_URL is set, but must have read-write or primary for target_session_attrs, or none: a standby takes no events',
  ],
  ['WORKERS', '0', 'WORKERS is "0", but must be at least 1'],
  ['LIMIT_READS', 'x', 'LIMIT_READS is "x", but must be a number'],
  ['LIMIT_READS', '1.5', 'LIMIT_READS is "1.5", but must be a whole number'],
  [
    'ALERT_WEBHOOK_SECRET',
    'x',
    'ALERT_WEBHOOK_SECRET is set, but must be a comma list of whsec_ and the base64 of 24 to 64 bytes, or of texts of at least 32 characters',
  ],
  ['AUDIT_TICKET', '[', 'AUDIT_TICKET is "[", but must be a regular expression without backreferences and without looking ahead or behind'],
  [
    'AUDIT_TICKET',
    '(?=A)',
    'AUDIT_TICKET is "(?=A)", but must be a regular expression without backreferences and without looking ahead or behind',
  ],
  ['SERVICE_KEYS', `a:${'s'.repeat(32)},b:${'s'.repeat(32)}:user`, 'SERVICE_KEYS is set, but must give each key a secret of its own'],
  ['SERVICE_KEYS', `a:${'s'.repeat(32)},a:${'t'.repeat(32)}`, 'SERVICE_KEYS is set, but must give each key a name of its own'],
  [
    'TRUSTED_PROXIES',
    '10.0.0.0/33',
    'TRUSTED_PROXIES is "10.0.0.0/33", but must be addresses or CIDRs such as 10.0.0.0/8, not everybody (/0), who could then claim any address',
  ],
  ['SMOOCH_BASE_URL', 'https://a.b/?c', 'SMOOCH_BASE_URL is set, but must be an address without query or fragment'],
  ['OIDC_CLIENT_KEY', 'x', 'OIDC_CLIENT_KEY is set, but must be a private key in PEM'],
  [
    'SMOOCH_WEBHOOK_SECRET',
    'a-least-secret,',
    'SMOOCH_WEBHOOK_SECRET is set, but must be a comma list of secrets of at least 16 characters',
  ],
  ['SESSION_KEYS', `k:${'a'.repeat(32)},k:${'b'.repeat(32)}`, 'SESSION_KEYS is set, but must give each key a name of its own'],
  ['JOURNAL_ULR', 'x', 'JOURNAL_ULR is not a setting; did you mean JOURNAL_URL?'],
  ['WORKER', '2', 'WORKER is not a setting; did you mean WORKERS?'],
])('%s=%s is told in plain words', (name, value, words) => {
  expect(faultsOf({ ...least, [name]: value })).toEqual([words])
})

test('a second key is another one than the first', () => {
  const second = { SMOOCH_KEY_ID_2: least.SMOOCH_KEY_ID, SMOOCH_KEY_SECRET_2: 's'.repeat(32) }
  expect(faultsOf({ ...least, ...second })).toEqual([
    'SMOOCH_KEY_ID_2 must be another key than SMOOCH_KEY_ID: of two keys with one id the second would never be used',
  ])
  expect(faultsOf({ ...least, ...second, SMOOCH_KEY_ID_2: 'app_2' })).toEqual([])
  const keys = [1, 2].map(() => ({ id: 'app_1', secret: 's'.repeat(32) }))
  writeFileSync(inFolder('apps.yaml'), JSON.stringify([{ appId: 'a', baseUrl: 'https://vendor.example', keys }]))
  expect(() => loadApps(load({ ...least, APPS_FILE: inFolder('apps.yaml') }).settings)).toThrow(/must have an id of its own each/)
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
  expect(faultsOf({ ...least, ...Object.fromEntries(others.map((name) => [name, 'x'])) })).toEqual([])
})

test('all faults are told at once, without the secrets', () => {
  const faults = faultsOf({
    ...least,
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
  expect(faultsOf({ ...least, SMOOCH_KEYID: 'x' })).toEqual(['SMOOCH_KEYID is not a setting; did you mean SMOOCH_KEY_ID?'])
})

test('production asks for Redis, https origins and says why', () => {
  expect(faultsOf({ ...least, NODE_ENV: 'production' }).map((fault) => fault.split(' ')[0])).toEqual(['REDIS_URL', 'PUBLIC_ORIGIN'])
  expect(faultsOf({ ...least, NODE_ENV: 'production', REDIS_URL: 'redis://r', PUBLIC_ORIGIN: 'http://a.example' })).toEqual([
    'PUBLIC_ORIGIN must be https in production',
  ])
})

const staff = { STAFF_ORIGIN: 'https://staff.example' }
test.each<[env: Record<string, string>, faults: string[]]>([
  [{ ...staff, PUBLIC_ORIGIN: 'https://staff.example' }, ['STAFF_ORIGIN must be another origin than PUBLIC_ORIGIN']],
  [staff, ['PUBLIC_ORIGIN is missing beside STAFF_ORIGIN: name the origins of customers too, of the same scheme']],
  [{ ...staff, PUBLIC_ORIGIN: 'https://a.example' }, []],
  [
    { NODE_ENV: 'production', REDIS_URL: 'redis://r', PUBLIC_ORIGIN: 'https://a.example', STAFF_ORIGIN: 'http://staff.example' },
    [
      'STAFF_ORIGIN must be https in production',
      'PUBLIC_ORIGIN is missing beside STAFF_ORIGIN: name the origins of customers too, of the same scheme',
    ],
  ],
  [{ WORKERS: '2' }, ['WORKERS is more than 1, so REDIS_URL is needed: the processes must share their sessions']],
  [
    { ALERT_WEBHOOK_URL: 'https://alerts.example/' },
    ['ALERT_WEBHOOK_SECRET is missing: alerts are signed, so that the receiver can tell who sent them'],
  ],
  [{ REDIS_CLIENT_CERT: '-----BEGIN CERTIFICATE-----' }, ['REDIS_CLIENT_CERT and REDIS_CLIENT_KEY go together']],
])('settings that do not go together are told: %j', (env, faults) => {
  expect(faultsOf({ ...least, ...env })).toEqual(faults)
})

test('a key that could delete the whole app is warned of', () => {
  expect(load({ ...least, SMOOCH_KEY_ID: 'act_1' }).warnings).toContainEqual(expect.stringContaining('account-scoped key'))
  expect(load(least).warnings).not.toContainEqual(expect.stringContaining('account-scoped key'))
})

test('a secret never shows', () => {
  const { settings } = load(least)
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
  const file = inFolder('key')
  writeFileSync(file, `${canaryKey}\n`)
  const { SMOOCH_KEY_SECRET: _, ...rest } = least
  expect(load({ ...rest, SMOOCH_KEY_SECRET_FILE: file }).settings.SMOOCH_KEY_SECRET?.reveal()).toBe(canaryKey)
  expect(faultsOf({ ...least, SMOOCH_KEY_SECRET_FILE: file })).toEqual([
    'SMOOCH_KEY_SECRET and SMOOCH_KEY_SECRET_FILE are both set; keep one',
  ])
  // One fault, not also that the setting is missing.
  expect(faultsOf({ ...rest, SMOOCH_KEY_SECRET_FILE: inFolder('none') })).toEqual([
    expect.stringMatching(/^SMOOCH_KEY_SECRET_FILE cannot be read/),
  ])
})
