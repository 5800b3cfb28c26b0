/** The contract over SQLite and PostgreSQL. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { openSqlite } from '../../src/journal/store/sqlite/store.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { storeContract } from './journal-store.ts'

storeContract('SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'journal-'))
  const path = join(directory, 'journal.db')
  return {
    open: (keys, instance) => openSqlite({ path, keys, instance }),
    attack: async (sql) => {
      const db = new DatabaseSync(path)
      try {
        db.exec(sql)
      } finally {
        db.close()
      }
    },
    close: async () => rmSync(directory, { recursive: true }),
  }
})

test('SQLite has a thread for writing and one for the guard at once, one for people from their first read on, and none after the close', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'journal-'))
  const threads = () => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length
  const others = threads()
  const { privateKey } = generateKeyPairSync('ed25519')
  const store = await openSqlite({ path: join(directory, 'journal.db'), keys: [privateKey], instance: 'i_one' })
  // That for the guard may still be starting: nothing waits for it yet.
  await until(() => threads() - others >= 2)
  const seen = [threads() - others]
  for (const { select } of [store, store.readers, store]) {
    await select('SELECT 1')
    seen.push(threads() - others)
  }
  await store.close()
  expect([...seen, threads() - others]).toEqual([2, 2, 3, 3, 0])
  rmSync(directory, { recursive: true })
})

test('SQLite that nobody read from is not read from after its close either', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'journal-'))
  const { privateKey } = generateKeyPairSync('ed25519')
  const store = await openSqlite({ path: join(directory, 'journal.db'), keys: [privateKey], instance: 'i_one' })
  await store.close()
  for (const { select } of [store, store.readers]) await expect(select('SELECT 1')).rejects.toThrow('has ended')
  rmSync(directory, { recursive: true })
})

const bin = findPostgres()
if (bin) {
  let server: Postgres
  let last = 0
  beforeAll(async () => {
    server = await startPostgres(bin)
    server.sql('CREATE ROLE bff LOGIN')
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  storeContract('PostgreSQL', async () => {
    last += 1
    const database = `journal_${last}`
    server.sql(`CREATE DATABASE ${database}`)
    const opened: Store[] = []
    return {
      open: async (keys, instance) => {
        await createPostgres(server.url(database), keys.at(-1)!, 'bff')
        const [app, owner] = [
          await openPostgres({ url: server.url(database, 'bff'), keys, instance }),
          await openPostgres({ url: server.url(database), keys, instance: `${instance}_owner` }),
        ]
        opened.push(owner)
        // Erasing and pruning are the owner's.
        return { ...app, erase: owner.erase, prune: owner.prune, mayRemove: owner.mayRemove }
      },
      attack: async (sql) => {
        const { default: pg } = await import('pg')
        const client = new pg.Client(server.url(database, 'bff'))
        await client.connect()
        try {
          await client.query(`SET search_path = journal; ${sql}`)
        } finally {
          await client.end()
        }
      },
      close: async () => {
        await Promise.all(opened.map((store) => store.close()))
      },
    }
  })
}
