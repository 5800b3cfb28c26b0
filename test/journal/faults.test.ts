/** Broken stores: a guarded call is refused within two seconds, nothing is sent, and when the store is well again the gate opens by itself. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Problem } from '../../src/contract/problems.ts'
import { newId } from '../../src/journal/event/event.ts'
import type { Guard, OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { acceptRollback } from '../../src/journal/maintenance.ts'
import { deferredStore } from '../../src/journal/store/deferred-store.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { openStore } from '../../src/journal/store/open.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { deletion, makePlace, type Place } from './place.ts'

/** Ten calls at once: each refused in time, none with a permit. */
async function refuses(guard: Guard): Promise<void> {
  const from = performance.now()
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => guard.begin(deletion())))
  expect(performance.now() - from).toBeLessThan(30_000)
  for (const it of all) {
    expect(it.status).toBe('rejected')
    if (it.status === 'rejected') expect(it.reason instanceof Problem && it.reason.code).toBe('journal_unavailable')
  }
  expect(guard.status().open).toBe(false)
}

/** Open again, the log whole, and every intent that slipped in marked as not sent. */
async function recovers(guard: Guard, store: Store): Promise<void> {
  await until(() => guard.status().open)
  const op = (await guard.begin(deletion())) as OpenOperation
  await op.end()
  await until(async () => (await store.select("SELECT 1 FROM operation WHERE state = 'pending'")).length === 0)
  expect((await store.select("SELECT 1 FROM operation WHERE state NOT IN ('not_sent')")).length).toBe(0)
  expect(await verify(store)).toMatchObject({ ok: true, findings: [] })
}

const worked = async (guard: Guard): Promise<void> => {
  await ((await guard.begin(deletion())) as OpenOperation).end()
}

/** Only a disk can be frozen, and the folder of the tests may lie in memory. */
const disk = process.env['TEST_DISK'] ?? tmpdir()
const canFreeze = ((): boolean => {
  const file = join(disk, `freeze-${process.pid}`)
  writeFileSync(file, '')
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'ignore' })
    execFileSync('chattr', ['-i', file], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(file)
  }
})()

describe('SQLite', () => {
  const faults: Record<string, (place: Place) => () => void> = {
    'its file was unlinked': ({ path }) => {
      renameSync(path, `${path}.away`)
      return () => renameSync(`${path}.away`, path)
    },
    'its file was replaced': ({ path }) => {
      renameSync(path, `${path}.away`)
      writeFileSync(path, '')
      return () => renameSync(`${path}.away`, path)
    },
    'its file was replaced by another journal': ({ path }) => {
      const db = new DatabaseSync(`${path}.other`)
      db.exec('CREATE TABLE head (journal TEXT, size INTEGER, frontier BLOB, cut INTEGER, key TEXT)')
      db.close()
      renameSync(path, `${path}.away`)
      renameSync(`${path}.other`, path)
      return () => renameSync(`${path}.away`, path)
    },
    'another holds the lock': ({ path }) => {
      const db = new DatabaseSync(path, { timeout: 5_000 })
      db.exec('BEGIN IMMEDIATE')
      return () => {
        db.exec('ROLLBACK')
        db.close()
      }
    },
    'its disk turned read-only': ({ path }) => {
      for (const file of [path, `${path}-wal`]) execFileSync('chattr', ['+i', file])
      return () => {
        for (const file of [path, `${path}-wal`]) if (existsSync(file)) execFileSync('chattr', ['-i', file])
      }
    },
  }

  test.each(Object.keys(faults))('%s', async (name) => {
    if (name.includes('read-only') && !canFreeze) return
    await using place = makePlace(disk)
    await using it = await place.open()
    await worked(it.guard)
    const heal = faults[name]!(place)
    try {
      await refuses(it.guard)
    } finally {
      heal()
    }
    await recovers(it.guard, it.store)
  })

  test('its disk is full', async () => {
    await using place = makePlace()
    await using it = await place.open({}, {}, { maxPages: 40 })
    let calls = 0
    for (; it.guard.status().open && calls < 500; calls += 1) await worked(it.guard).catch(() => {})
    expect(calls).toBeLessThan(500)
    await refuses(it.guard)
    expect(await verify(it.store)).toMatchObject({ ok: true })
  })
})

const bin = findPostgres()
const describeWithServer = bin ? describe : describe.skip
describeWithServer('PostgreSQL', () => {
  let server: Postgres
  let last = 0
  beforeAll(async () => {
    server = await startPostgres(bin!)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })
  const place = async () => {
    last += 1
    server.sql(`CREATE DATABASE fault_${last}`)
    const own = makePlace()
    const url = server.url(`fault_${last}`)
    await createPostgres(url, own.key)
    const through = async (address = url) => {
      const store = await openPostgres({ url: address, keys: [own.key], instance: newId('i') })
      return own.open({ store })
    }
    return {
      database: `fault_${last}`,
      url,
      through,
      anchor: own.anchor,
      key: own.key,
      open: own.open,
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    }
  }

  test('it is stopped', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    server.stop()
    await refuses(it.guard)
    await server.start()
    await recovers(it.guard, it.store)
  })

  test('it is paused', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    server.signal('SIGSTOP')
    try {
      await refuses(it.guard)
    } finally {
      server.signal('SIGCONT')
    }
    await recovers(it.guard, it.store)
  })

  test('it became read-only', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    server.sql('ALTER SYSTEM SET default_transaction_read_only = on')
    server.sql('SELECT pg_reload_conf()')
    const isReadOnly = async () =>
      (await it.store.select('SHOW default_transaction_read_only'))[0]!['default_transaction_read_only'] === 'on'
    await until(isReadOnly)
    await refuses(it.guard)
    server.sql('ALTER SYSTEM RESET default_transaction_read_only')
    server.sql('SELECT pg_reload_conf()')
    await recovers(it.guard, it.store)
  })

  test('another session holds the head', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    const { default: pg } = await import('pg')
    const holder = new pg.Client(at.url)
    await holder.connect()
    await holder.query('BEGIN; SELECT * FROM journal.head FOR UPDATE')
    await refuses(it.guard)
    await holder.end()
    await recovers(it.guard, it.store)
  })

  test('it lost commits in a failover: the gate closes before anything is sent, until a person accepts', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    server.sql('CREATE TABLE journal.saved AS SELECT * FROM journal.head', at.database)
    for (let round = 0; round < 3; round += 1) await worked(it.guard)
    server.sql(
      `SET search_path = journal; ALTER TABLE event DISABLE TRIGGER ALL; ALTER TABLE checkpoint DISABLE TRIGGER ALL;
       DELETE FROM event WHERE seq >= (SELECT size FROM saved); DELETE FROM checkpoint WHERE size > (SELECT size FROM saved);
       DELETE FROM operation WHERE seq >= (SELECT size FROM saved); DELETE FROM target WHERE seq >= (SELECT size FROM saved);
       UPDATE head SET size = saved.size, frontier = saved.frontier FROM saved;
       ALTER TABLE event ENABLE TRIGGER ALL; ALTER TABLE checkpoint ENABLE TRIGGER ALL; DROP TABLE saved; DELETE FROM snapshot WHERE event NOT IN (SELECT id FROM event)`,
      at.database,
    )
    await refuses(it.guard)
    await until(() => it.guard.status().cause?.includes('went back'))
    await refuses(it.guard)
    // As a person does it, on a connection of their own.
    const theirs = await openPostgres({ url: at.url, keys: [at.key], instance: newId('i') })
    await acceptRollback(theirs, at.anchor, 'ops')
    await theirs.close()
    await recovers(it.guard, it.store)
  })

  test('another journal stands in its place', async () => {
    await using at = await place()
    await using it = await at.through()
    await worked(it.guard)
    server.sql('ALTER SCHEMA journal RENAME TO away', at.database)
    await createPostgres(at.url, at.key)
    await refuses(it.guard)
    await until(() => it.guard.status().cause?.includes('stands in the place of') ?? false)
    server.sql('DROP SCHEMA journal CASCADE; ALTER SCHEMA away RENAME TO journal', at.database)
    await recovers(it.guard, it.store)
  })

  test('it is away when the service starts: the gate is closed, and opens when it comes', async () => {
    await using at = await place()
    server.stop()
    const instance = newId('i')
    const store = await deferredStore(at.url, () => openStore(at.url, { keys: [at.key], instance }))
    await using it = await at.open({ store, instance })
    await refuses(it.guard)
    await server.start()
    await recovers(it.guard, store)
  })

  test('the connection is cut inside COMMIT: the event is looked up before it is written again', async () => {
    await using at = await place()
    const directory = mkdtempSync(join(tmpdir(), 'cut-'))
    mkdirSync(directory, { recursive: true })
    const target = decodeURIComponent(new URL(at.url).searchParams.get('host')!)
    const cut = { commits: 0 }
    const sockets = new Set<Socket>()
    const proxy = createServer((client) => {
      const real = dial(join(target, '.s.PGSQL.5432'))
      for (const socket of [client, real]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => sockets.delete(socket))
      }
      client.on('data', (chunk) => {
        real.write(chunk)
        if (cut.commits > 0 && chunk.includes('COMMIT')) {
          cut.commits -= 1
          client.destroy()
          setTimeout(() => real.destroy(), 100)
        }
      })
      real.on('data', (chunk) => client.write(chunk))
      real.on('close', () => client.destroy())
      client.on('close', () => setTimeout(() => real.destroy(), 100))
    })
    await new Promise<void>((resolve) => proxy.listen(join(directory, '.s.PGSQL.5432'), resolve))
    {
      await using it = await at.through(at.url.replace(encodeURIComponent(target), encodeURIComponent(directory)))
      await worked(it.guard)
      for (let round = 0; round < 3; round += 1) {
        await until(() => it.guard.status().open)
        const op = (await it.guard.begin(deletion())) as OpenOperation
        cut.commits = 1
        await op.end()
        do {
          // A gate that has closed again refuses before anything is written: then nothing was cut.
          await until(() => it.guard.status().open)
          cut.commits = 1
          await expect(it.guard.begin(deletion())).rejects.toThrow(Problem)
        } while (cut.commits > 0)
        await recovers(it.guard, it.store)
      }
      expect(Number((await it.store.select('SELECT count(*) AS n FROM operation'))[0]!['n'])).toBe(10)
    }
    for (const socket of sockets) socket.destroy()
    proxy.close()
    rmSync(directory, { recursive: true })
  })
})
