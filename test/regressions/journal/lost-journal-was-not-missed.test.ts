/** When the journal's file was gone altogether, a new one was begun in its place, deletions went on and `verify` said intact, although the anchor outside knew the old one. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { deferredStore } from '../../../src/journal/store/deferred-store.ts'
import { openStore } from '../../../src/journal/store/open.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { journalCli, type Ran } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

test('another journal in its place keeps the gate closed until a person accepts the loss', async () => {
  await using place = makePlace()
  const it = await place.open()
  const op = (await it.guard.begin(deletion())) as OpenOperation
  await op.end(success)
  const lost = it.store.journal
  await it.guard.close()
  const away = join(place.directory, '..', `${lost}-away`)
  renameSync(place.directory, away)
  try {
    await using anew = await place.open()
    expect(anew.journal.status()).toMatchObject({ open: false, cause: expect.stringContaining(`the journal ${lost} is gone`) })
    await expect(anew.guard.begin(deletion())).rejects.toMatchObject({ code: 'journal_unavailable' })

    const run = (...line: string[]): Promise<Ran> => journalCli(place.env, line, { anchor: place.anchor })
    expect(await run('verify')).toMatchObject({ code: 1, text: expect.stringContaining(`the journal ${lost} is gone`) })
    expect(JSON.parse((await run('accept-rollback', '--by', 'ops')).text)).toMatchObject({ accepted: { lostJournal: lost } })
    expect((await run('verify')).code).toBe(0)
    await until(() => anew.journal.status().open)
    expect(anew.journal.status().open).toBe(true)
  } finally {
    rmSync(away, { recursive: true })
  }
})

test('a file that alone is gone is not begun anew', async () => {
  await using place = makePlace()
  await (await place.open()).guard.close()
  for (const name of readdirSync(place.directory).filter((one) => /^journal\.db(-wal|-shm)?$/.test(one)))
    rmSync(join(place.directory, name))
  const url = `sqlite:${place.path}`
  const store = await deferredStore(url, () => openStore(url, { keys: [place.key], instance: 'i_x' }))
  expect(() => store.journal).toThrow('could not be opened')
  await expect(store.reopen()).rejects.toThrow('is gone, but there was a journal here')
  expect(existsSync(place.path)).toBe(false)
})
