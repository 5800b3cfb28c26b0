/** Reading commands made files of their own beside the journal: on a full disk or a read-only copy, when one most wants to read it, all of them failed. */
import { mkdirSync, readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { runCli } from '../../src/journal/cli.ts'
import { deletion, makePlace } from '../journal/place.ts'

test('where nothing can be written the journal is read as it lies', async () => {
  await using place = makePlace()
  const it = await place.open()
  await it.guard.begin(deletion())
  await it.guard.close()
  const run = async (...line: string[]): Promise<{ code: number; text: string }> => {
    let text = ''
    const write = (part: string): void => {
      text += part
    }
    const env = {
      JOURNAL_URL: `sqlite:${place.path}`,
      JOURNAL_SIGNING_KEY: place.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
    }
    const out = { people: false, write, progress: () => {} }
    const code = await runCli(line, env, out, new AbortController().signal, () => Promise.resolve(undefined))
    return { code, text }
  }
  const commands = [['verify'], ['list'], ['tail'], ['export']]
  const before = readdirSync(place.directory)
  for (const line of commands) expect(await run(...line)).toMatchObject({ code: 0 })
  expect(readdirSync(place.directory)).toEqual(before)
  // In the way of a file that SQLite makes to read.
  mkdirSync(`${place.path}-shm`)
  for (const line of commands) expect(await run(...line)).toMatchObject({ code: 0 })
  expect(JSON.parse((await run('verify')).text)).toMatchObject({ ok: true, size: 4 })
  expect(await run('backup', `${place.path}.copy`)).toMatchObject({ code: 3 })
})
