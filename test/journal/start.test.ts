/** The start of a service on its journal: a new key is announced under the former one, and a log that is not what was signed or seen keeps the gate closed. */
import { generateKeyPairSync } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { publicKey } from '../../src/journal/log/checkpoint.ts'
import { acceptRollback } from '../../src/journal/maintenance.ts'
import { entryOf, systemEvent } from '../../src/journal/store/journal-store.ts'
import { latestSystemEvent } from '../../src/journal/store/queries/log.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { until } from '../support/until.ts'
import { makePlace, type Place } from './place.ts'

const lived = async (place: Place): Promise<void> => (await place.open()).guard.close()

const changed = (place: Place, ...statements: string[]): void => {
  const db = new DatabaseSync(place.path)
  for (const statement of statements) db.exec(statement)
  db.close()
}

test('a new first key is announced once, under the former one, which need not be given later', async () => {
  await using place = makePlace()
  await lived(place)
  const { privateKey: next } = generateKeyPairSync('ed25519')
  for (const keys of [[next, place.key], [next, place.key], [next]]) {
    await using it = await place.open({ keys }, {}, { keys })
    expect(it.guard.status()).toMatchObject({ open: true })
    expect((await it.store.select("SELECT 1 FROM event WHERE action = 'key_rotated'")).length).toBe(1)
    expect(await verify(it.store, { trusted: [publicKey(next)] })).toMatchObject({ ok: true, findings: [] })
  }
  await expect(place.open()).rejects.toThrow('signed by a key that is not configured')
})

test('a service that ended with the change of its key goes on: that batch alone is signed by the former key', async () => {
  await using place = makePlace()
  await lived(place)
  const { privateKey: next } = generateKeyPairSync('ed25519')
  const keys = [next, place.key]
  const store = await place.store({ keys })
  await store.commit([entryOf(systemEvent('key_rotated', { key: publicKey(next), former: publicKey(place.key) }))])
  await store.close()
  await using it = await place.open({ keys }, {}, { keys })
  expect(it.guard.status()).toMatchObject({ open: true })
  expect(await verify(it.store, { trusted: [publicKey(next)] })).toMatchObject({ ok: true, findings: [] })
})

const wrongEnds = [
  [
    'the end of the log is not what was signed',
    'DROP TRIGGER event_no_update',
    "UPDATE event SET body = replace(body, 'i_', 'j_') WHERE action = 'stop'",
  ],
  [
    'does not end in a checkpoint signed by its key',
    'DROP TRIGGER checkpoint_no_update',
    "UPDATE checkpoint SET note = replace(note, '— ', '— x')",
  ],
  ['does not end in a checkpoint signed by its key', 'DROP TRIGGER checkpoint_no_delete', 'DELETE FROM checkpoint'],
] as const

test.each(wrongEnds)('%s: the gate stays closed, and nothing is written', async (cause, ...statements) => {
  await using place = makePlace()
  await lived(place)
  changed(place, ...statements)
  await using it = await place.open()
  expect(it.guard.status()).toMatchObject({ open: false, cause: expect.stringContaining(cause) })
  expect(await latestSystemEvent(it.store, 'start')).toMatchObject({ index: 1 })
})

test('a log of the same length with another root than the anchor holds is not gone on with until a person accepts it', async () => {
  await using place = makePlace()
  await lived(place)
  const { size } = (await place.anchor.highest((await place.anchor.last())!))!
  await place.anchor.reset((await place.anchor.last())!, { size, root: Buffer.alloc(32).toString('base64') })
  await using it = await place.open()
  expect(it.guard.status()).toMatchObject({ open: false, cause: `the log is not the one that was anchored at ${size}` })
  await acceptRollback(it.store, place.anchor, 'ops')
  await until(() => it.guard.status().open)
})
