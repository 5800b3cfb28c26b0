/** An erasure in PostgreSQL waited for whole tables behind whoever read them, and every guarded call waited behind it: they were refused, and the gate closed. */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import pg from 'pg'
import { newId } from '../../../src/journal/event/event.ts'
import { entryOf, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { makePlace } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'

const { when, postgres } = postgresOfFile()

when('what is written while somebody reads and another erases is taken', async () => {
  await using place = makePlace()
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const url = postgres().url()
  await createPostgres(url, key)
  const store = await openPostgres({ url, keys: [key], instance: newId('i') })
  const write = async () => {
    const event = systemEvent('written')
    return await store.commit([entryOf(event, [place.sealer.part(event.id, 'person', {}, Date.now() + 60_000).row])])
  }
  await write()
  const reader = new pg.Client(url)
  await reader.connect()
  await reader.query('BEGIN; SELECT count(*) FROM journal.snapshot')
  const erased = store.erase(['nobody'])
  for (const until = performance.now() + 3_000; performance.now() < until; await sleep(50)) await write()
  await reader.end()
  expect(await erased).toEqual({ subjects: 0, parts: 0 })
  await store.close()
})
