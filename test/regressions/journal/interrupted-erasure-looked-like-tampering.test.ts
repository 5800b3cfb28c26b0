/** An erasure that met a reader of the file deleted the names, failed before its event was written, and could not be finished: `verify` then spoke of tampering for ever. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { erasePerson } from '../../../src/journal/maintenance.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace } from '../../journal/place.ts'

test('it is in the log whatever comes in between, and a second try finishes it', async () => {
  await using place = makePlace()
  const it = await place.open()
  const erase = () => erasePerson(it.store, place.sealer, 'app1', 'mina', 'ops')
  await it.guard.begin(deletion({ targets: [{ role: 'subject', userId: 'mina', smoochId: 'a'.repeat(24) }] }))
  const reader = new DatabaseSync(place.path, { readOnly: true, timeout: 5_000 })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM event').get()
  await it.guard.begin(deletion())
  await expect(erase()).rejects.toThrow('run the command again')
  await expect(erase()).rejects.toThrow('run the command again')
  expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true, findings: [] })
  reader.close()
  expect(await erase()).toBeUndefined()
  const [row] = await it.store.select("SELECT count(*) AS n FROM event WHERE kind = 'erased'")
  expect(Number(row!['n'])).toBe(1)
  await it.guard.close()
})
