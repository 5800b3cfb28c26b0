/** Quotation marks, which `docker --env-file` keeps, the line break after a secret, a file in UTF-16 and a `~` in a path were taken for part of the value: the vendor refused the key, a file named "x.db " or a folder named "~" came into being. An empty list of apps was sound. */
import { writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { loadProviders } from '../../../config/providers.ts'
import { faultsOf, folderPerTest, least } from '../../config/env.ts'
import { journalCli } from '../../support/journal-cli.ts'

const inFolder = folderPerTest()
const secret = 'abcdefghijklmnopqrstuvwxyz'

test('white space around a value is no part of it, in a variable as in a file', () => {
  const { settings } = load({
    ...least,
    SMOOCH_KEY_SECRET: `${secret}\n`,
    SMOOCH_KEY_ID: ' app_1\r\n',
    JOURNAL_URL: 'sqlite:./x.db ',
    SESSION_KEYS: `k1:${'a'.repeat(32)},\n  k2:${'c'.repeat(32)}\n`,
    AUTO_CREATE: '\t',
  })
  expect(settings).toMatchObject({ SMOOCH_KEY_ID: 'app_1', AUTO_CREATE: true })
  expect([settings.SMOOCH_KEY_SECRET?.reveal(), settings.JOURNAL_URL.reveal()]).toEqual([secret, 'sqlite:./x.db'])
})

test.each([
  [
    'SMOOCH_KEY_SECRET',
    `"${secret}"`,
    'SMOOCH_KEY_SECRET is set, but stands in quotation marks, which would be part of it: leave them out',
  ],
  ['SMOOCH_KEY_ID', "'app_1'", `SMOOCH_KEY_ID is "'app_1'", but stands in quotation marks`],
  ['SMOOCH_KEY_SECRET', `${secret}\n${secret}`, 'SMOOCH_KEY_SECRET is set, but holds a line break'],
  ['JOURNAL_URL', 'sqlite:~/journal.db', 'JOURNAL_URL is set, but must name the whole path: a ~ is not taken for a home folder'],
  ['JOURNAL_URL', 'sqlite://data/journal.db', 'JOURNAL_URL is set, but must be sqlite:PATH, as in sqlite:./data/journal.db'],
  [
    'SMOOCH_KEY_SECRET_FILE',
    '~/key',
    'SMOOCH_KEY_SECRET_FILE cannot be read: ENOENT: no such file or directory (a ~ is not taken for a home folder',
  ],
])('%s=%s', (name, value, fault) => {
  const { SMOOCH_KEY_SECRET: _, ...others } = least
  const faults = faultsOf({ ...(name.startsWith('SMOOCH_KEY_SECRET') ? others : least), [name]: value })
  expect(faults).toEqual([expect.stringContaining(fault)])
  expect(faults.join()).not.toContain(secret)
})

test('a file that is not in UTF-8 is refused, a secret and rows alike', () => {
  const file = inFolder('utf-16')
  writeFileSync(file, Buffer.from(`\ufeff${secret}`, 'utf16le'))
  const { SMOOCH_KEY_SECRET: _, ...others } = least
  expect(faultsOf({ ...others, SMOOCH_KEY_SECRET_FILE: file })).toEqual([
    expect.stringContaining('SMOOCH_KEY_SECRET_FILE cannot be read: it is no text in UTF-8'),
  ])
  expect(() => loadApps(load({ ...least, APPS_FILE: file }).settings)).toThrow('APPS_FILE cannot be read: it is no text in UTF-8')
})

test('rows that are none are refused, and what is missing or no text is said in words', () => {
  const file = inFolder('rows.yaml')
  const said = (content: string) => {
    writeFileSync(file, content)
    return () => loadApps(load({ ...least, APPS_FILE: file }).settings)
  }
  expect(said('[]\n')).toThrow('line 1, column 1: is an empty list')
  expect(said('')).toThrow('must be a list')
  expect(said('- \n')).toThrow('must be fields, each a name, a colon and a value')
  expect(said('- appId: 0123456789\n')).toThrow('line 1, column 10: must be text; what looks like a number stands in quotation marks')
  expect(said('- appId: a\n')).toThrow('line 1, column 3: baseUrl is missing')
  writeFileSync(file, '[]\n')
  expect(() => loadProviders(load({ ...least, OIDC_PROVIDERS_FILE: file }).settings)).toThrow('is an empty list')
})

test('the journal on the command line reads its settings in the same way', async () => {
  const url = inFolder('url')
  writeFileSync(url, `sqlite:${inFolder('none.db')}\n`)
  const said = async (env: Record<string, string>): Promise<string> => (await journalCli(env, ['verify'], { people: true })).text
  expect(await said({ JOURNAL_URL_FILE: ` ${url}\n` })).toContain(`there is no journal at ${inFolder('none.db')}: `)
  expect(await said({ JOURNAL_URL: `sqlite:${inFolder('none.db')} \n` })).toContain(`there is no journal at ${inFolder('none.db')}: `)
  expect(await said({ JOURNAL_URL_FILE: inFolder() })).toBe('JOURNAL_URL_FILE cannot be read: EISDIR: illegal operation on a directory\n')
})
