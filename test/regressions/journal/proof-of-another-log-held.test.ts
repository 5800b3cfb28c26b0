/** `check` believed the key in `--key` and passed over the name of the log beside it, so that the proof of another log held (services may share a key); and whatever else was wrong, an export in place of a proof too, was the same two words. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { originOf, publicKey, verifierKey } from '../../../src/journal/log/checkpoint.ts'
import { deletion, makePlace, type Place } from '../../journal/place.ts'
import { journalCli, type Ran } from '../../support/journal-cli.ts'

const proven = async (place: Place, key?: Place['key']): Promise<{ proof: string; journal: string }> => {
  await using it = await place.open(key && { keys: [key] }, {}, key && { keys: [key] })
  const op = (await it.guard.begin(deletion())) as OpenOperation
  await op.end()
  const env = key ? { ...place.env, JOURNAL_SIGNING_KEY: key.export({ type: 'pkcs8', format: 'pem' }).toString() } : place.env
  return { proof: (await journalCli(env, ['show', op.id, '--proof'])).text, journal: it.store.journal }
}

test('a proof is of the log that the key names, and what is wrong with it is said', async () => {
  await using place = makePlace()
  await using sharing = makePlace()
  const [own, other] = [await proven(place), await proven(sharing, place.key)]
  const key = verifierKey(originOf(own.journal), publicKey(place.key))
  const check = async (content: string, ...more: string[]): Promise<Ran> => {
    const file = join(place.directory, 'a.tlog-proof')
    writeFileSync(file, content)
    const { code, text } = await journalCli(place.env, ['check', file, ...more], { people: true })
    return { code, text: text.replaceAll(file, 'FILE') }
  }
  const said = (code: number, text: string): Ran => ({ code, text: expect.stringContaining(text) as unknown as string })

  expect(await check(own.proof, '--key', key)).toEqual(said(0, 'holds: event'))
  expect(await check(other.proof, '--key', key)).toEqual(
    said(1, `DOES NOT HOLD: it is of the log smooch-bff/${other.journal}, and the key of smooch-bff/${own.journal}`),
  )
  // The path of one proof and the end of another.
  const [path = '', note = ''] = [own.proof.split('\n\n')[0], other.proof.slice(other.proof.indexOf('\n\n'))]
  expect(await check(path + note)).toEqual(said(1, 'DOES NOT HOLD: its event is not in the log that was signed'))

  expect(await check((await journalCli(place.env, ['export'])).text)).toEqual(said(2, 'FILE is not a proof, or not a whole one'))
  expect(await check('')).toEqual(said(2, 'FILE is not a proof, or not a whole one'))
  expect(await check(own.proof.replaceAll('\n', '\r\n'))).toEqual(said(2, 'line ends were changed'))
  expect(await check(`\ufeff${own.proof}`)).toEqual(said(2, 'byte order mark'))
  expect(await check(own.proof.replace(/^extra .*\n/m, ''))).toEqual(said(2, 'FILE holds a proof without its event'))
  for (const nonsense of ['nonsense', key.slice(0, -2), key.replace('j_', 'j_0'), 'a.tlog-proof'])
    expect(await check(own.proof, '--key', nonsense)).toEqual(said(2, '--key is no key'))
  // Each border of a line, and the middle of each: never a proof that holds.
  const lines = own.proof.split('\n')
  for (let at = 1; at < lines.length - 1; at += 1)
    for (const cut of [lines.slice(0, at).join('\n'), `${lines.slice(0, at).join('\n')}\n${lines[at]!.slice(0, lines[at]!.length / 2)}`])
      expect((await check(cut)).code).not.toBe(0)
})
