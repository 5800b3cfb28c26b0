/** Where the keys of a journal were missing, new ones were made without a word, by `verify` too: what they could not open then looked like tampering. And two PEM keys in one setting were not read. */
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { keyList, keysOf } from '../../../src/journal/store/open.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { journalCli, type Ran } from '../../support/journal-cli.ts'

const cli = (env: Record<string, string>, ...line: string[]): Promise<Ran> => journalCli(env, line, { people: true })

test('a journal without its keys is not given new ones', async () => {
  await using place = makePlace()
  const it = await place.open()
  await it.guard.begin(deletion())
  await it.guard.close()
  const url = `sqlite:${place.path}`
  expect(await cli({ JOURNAL_URL: url }, 'verify')).toMatchObject({
    code: 3,
    text: expect.stringContaining('journal.db.signing-key is not: put it back'),
  })
  const signing = place.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(() => keysOf(url, { signing: [signing] })).toThrow('give JOURNAL_SEALING_KEY')
  const other = { JOURNAL_URL: url, JOURNAL_SIGNING_KEY: signing, JOURNAL_SEALING_KEY: 'another secret of more than 32 bytes' }
  const { code, text } = await cli(other, 'verify')
  expect([code, text.split('\n').filter((line) => line.startsWith('  what is sealed')).length, text.includes('committed to')]).toEqual([
    1,
    1,
    false,
  ])
  expect(readdirSync(place.directory).filter((name) => name.endsWith('key'))).toEqual([])
})

test('an empty file is no journal', async () => {
  await using place = makePlace()
  writeFileSync(join(place.directory, 'journal.db'), '')
  expect(await cli({ JOURNAL_URL: `sqlite:${place.path}` }, 'verify')).toMatchObject({
    code: 3,
    text: expect.stringContaining('the file is empty'),
  })
  expect(readdirSync(place.directory)).toEqual(['journal.db'])
})

test('several keys in one setting, of either form', () => {
  const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
  const [one, two, hex] = [pem(), pem(), 'ab'.repeat(32)]
  for (const text of [`${one}\n${two}\n${hex}`, `${one},${two},${hex}`, `${one},\n${two}\n, ${hex}\n`])
    expect(keyList(text)).toEqual([one, two, hex])
  expect(keyList(`${hex},${one}`)).toEqual([hex, one])
  expect(keyList(' a, b ,c\n')).toEqual(['a', 'b', 'c'])
})
