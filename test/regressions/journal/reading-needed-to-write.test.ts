/** Reading commands made files of their own beside the journal: on a full disk or a read-only copy, when one most wants to read it, all of them failed. */
import { mkdirSync, readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { deletion, makePlace } from '../../journal/place.ts'
import { journalCli, type Ran } from '../../support/journal-cli.ts'

test('where nothing can be written the journal is read as it lies', async () => {
  await using place = makePlace()
  const it = await place.open()
  await it.guard.begin(deletion())
  await it.guard.close()
  const run = (...line: string[]): Promise<Ran> => journalCli(place.env, line)
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
