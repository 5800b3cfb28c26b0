/** Every way of changing the journal behind its back is found, and a clean one raises no alarm. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import type { Mark } from '../../src/journal/log/anchor.ts'
import { originOf, publicKey, signCheckpoint } from '../../src/journal/log/checkpoint.ts'
import { type Frontier, leafHash, push, rootOf } from '../../src/journal/log/tree.ts'
import { packFrontier } from '../../src/journal/store/journal-store.ts'
import { schema } from '../../src/journal/store/sqlite/schema.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { deletion, makePlace, type Place, success } from './place.ts'

/** Someone with the file in hand and the patience to keep it consistent; with the key, to sign it too. */
interface Attacker {
  readonly db: DatabaseSync
  readonly size: number
  readonly key: KeyObject
  run(sql: string, ...params: (string | number | Uint8Array)[]): void
  get(sql: string): Record<string, unknown>
  /** Moves all events from here on by some places. */
  shift(from: number, by: number): void
  /** Makes tree, head and checkpoints fit the events, signed with this key. */
  rebuild(key: KeyObject): void
}

function attack(path: string, key: KeyObject, work: (attacker: Attacker) => void): void {
  const db = new DatabaseSync(path)
  // An attacker need not wait for the disk.
  db.exec('PRAGMA synchronous = OFF')
  const rails = schema.filter((statement) => statement.startsWith('CREATE TRIGGER'))
  for (const rail of rails) db.exec(`DROP TRIGGER ${rail.split(' ')[2]}`)
  const run: Attacker['run'] = (sql, ...params) => {
    db.prepare(sql).run(...params)
  }
  const get: Attacker['get'] = (sql) => db.prepare(sql).get() as Record<string, unknown>
  const size = Number(get('SELECT size FROM head')['size'])
  work({
    db,
    size,
    key,
    run,
    get,
    shift: (from, by) => {
      for (const table of ['event', 'operation', 'target']) {
        run(`UPDATE ${table} SET seq = -(seq + ${by}) WHERE seq >= ?`, from)
        run(`UPDATE ${table} SET seq = -seq WHERE seq < 0`)
      }
    },
    rebuild: (signer) => {
      const journal = String(get('SELECT journal FROM head')['journal'])
      const ends = new Set(
        db
          .prepare('SELECT size FROM checkpoint')
          .all()
          .map((row) => Number(row['size'])),
      )
      const rows = db.prepare('SELECT body FROM event ORDER BY seq').all()
      const tree: Frontier = { size: 0, hashes: [] }
      db.exec('DELETE FROM checkpoint')
      for (const row of rows) {
        push(tree, leafHash(Buffer.from(String(row['body']))))
        if (ends.has(tree.size) || tree.size === rows.length)
          run(
            'INSERT INTO checkpoint VALUES (?, ?)',
            tree.size,
            signCheckpoint({ origin: originOf(journal), size: tree.size, root: rootOf(tree) }, signer),
          )
      }
      run('UPDATE head SET size = ?, frontier = ?', tree.size, packFrontier(tree.hashes))
    },
  })
  for (const rail of rails) db.exec(rail)
  db.close()
}

const cutTail = ({ run, size }: Attacker): void => {
  for (const table of ['event', 'operation', 'target']) run(`DELETE FROM ${table} WHERE seq >= ?`, size - 4)
}

const tamperings: Record<string, (attacker: Attacker) => void> = {
  'a changed byte in an event': ({ run }) => run("UPDATE event SET body = replace(body, 'OPS-4711', 'OPS-4712') WHERE seq = 10"),
  'a changed byte in a checkpoint': ({ run }) => run("UPDATE checkpoint SET note = replace(note, '=', 'A') WHERE size = 9"),
  'a changed signature': ({ run, get }) => {
    const note = String(get('SELECT note FROM checkpoint WHERE size = 9')['note'])
    run('UPDATE checkpoint SET note = ? WHERE size = 9', `${note.slice(0, -20)}${note.at(-20) === 'A' ? 'B' : 'A'}${note.slice(-19)}`)
  },
  'an event deleted': ({ run }) => run('DELETE FROM event WHERE seq = 9'),
  'an event deleted and the rest moved up': ({ run, shift }) => {
    run('DELETE FROM event WHERE seq = 9')
    shift(10, -1)
  },
  'an event doubled': ({ run, get, shift }) => {
    const body = String(get('SELECT body FROM event WHERE seq = 9')['body'])
    shift(10, 1)
    run('INSERT INTO event (seq, body) VALUES (10, ?)', body.replace(/evt_[^"]{4}/, 'evt_0000'))
  },
  'an event inserted': ({ run, shift }) => {
    shift(10, 1)
    run(
      'INSERT INTO event (seq, body) VALUES (10, ?)',
      JSON.stringify({ v: 1, id: 'evt_x', kind: 'system', action: 'x', time: new Date().toISOString() }),
    )
  },
  'two events swapped': ({ run }) => {
    run('UPDATE event SET seq = -1 WHERE seq = 9')
    run('UPDATE event SET seq = 9 WHERE seq = 11')
    run('UPDATE event SET seq = 11 WHERE seq = -1')
  },
  'the tail cut': cutTail,
  'the tail cut with its checkpoints': (attacker) => {
    cutTail(attacker)
    attacker.run('DELETE FROM checkpoint WHERE size > ?', attacker.size - 4)
    attacker.rebuild(attacker.key)
  },
  'the head cut': ({ run }) => {
    for (const table of ['event', 'operation', 'target']) run(`DELETE FROM ${table} WHERE seq < 6`)
  },
  'a prune without its event': ({ run }) => {
    for (const table of ['event', 'operation', 'target']) run(`DELETE FROM ${table} WHERE seq < 6`)
    run('DELETE FROM checkpoint WHERE size < 6')
    run('UPDATE head SET cut = 6')
  },
  'two checkpoints swapped': ({ run }) => {
    run('UPDATE checkpoint SET size = -1 WHERE size = 9')
    run('UPDATE checkpoint SET size = 9 WHERE size = 10')
    run('UPDATE checkpoint SET size = 10 WHERE size = -1')
  },
  'everything rewritten and signed with a foreign key': ({ run, rebuild }) => {
    run("UPDATE event SET body = replace(body, 'OPS-4711', 'OPS-4712')")
    const foreign = generateKeyPairSync('ed25519').privateKey
    run('UPDATE event SET body = json_set(body, ?, ?) WHERE seq = 0', '$.facts.key', publicKey(foreign))
    run('UPDATE head SET key = ?', publicKey(foreign))
    rebuild(foreign)
  },
  'everything rewritten and signed with the stolen key': ({ run, rebuild, key }) => {
    run("UPDATE event SET body = replace(body, 'OPS-4711', 'OPS-4712')")
    rebuild(key)
  },
  'an unsigned tail': ({ run, size }) =>
    run(
      'INSERT INTO event (seq, body) VALUES (?, ?)',
      size,
      JSON.stringify({ v: 1, id: 'evt_x', kind: 'system', action: 'x', time: new Date().toISOString() }),
    ),
  'a search table that misses an event': ({ run }) => run('DELETE FROM target WHERE seq = (SELECT max(seq) FROM target)'),
  'a search table that finds a wrong event': ({ run }) => run("INSERT INTO target (token, seq) VALUES ('sub_x', 3)"),
  'a name that was removed': ({ run }) => run('DELETE FROM subject WHERE pseudonym = (SELECT max(pseudonym) FROM subject)'),
  'a name that is found no more': ({ run }) =>
    run("UPDATE subject SET lookup = 'x' WHERE pseudonym = (SELECT max(pseudonym) FROM subject)"),
  'two names swapped': ({ run, get }) => {
    const [one, two] = ['min', 'max'].map((which) => get(`SELECT ${which}(pseudonym) AS name FROM subject`)['name'] as string) as [
      string,
      string,
    ]
    const lookup = (name: string) => String(get(`SELECT lookup FROM subject WHERE pseudonym = '${name}'`)['lookup'])
    const [first, second] = [lookup(one), lookup(two)]
    run('UPDATE subject SET lookup = ? WHERE pseudonym = ?', second, one)
    run('UPDATE subject SET lookup = ? WHERE pseudonym = ?', first, two)
  },
  'a state that hides an open operation': ({ run }) => run("UPDATE operation SET state = 'success' WHERE state = 'unknown'"),
  'an operation missing in its table': ({ run }) => run('DELETE FROM operation WHERE seq = (SELECT min(seq) FROM operation)'),
  'an id that need not be unique any more': ({ db }) => db.exec('DROP INDEX event_id'),
  'a column that no longer reads the body': ({ db }) => {
    db.enableDefensive(false)
    db.exec(`PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, '$.action', '$.kind') WHERE name = 'event';
      PRAGMA writable_schema = RESET`)
  },
  'an outcome moved to another operation, signed with the stolen key': ({ run, rebuild, key, get }) => {
    const [one, two] = ['ASC', 'DESC'].map((order) =>
      String(get(`SELECT op FROM event WHERE kind = 'outcome' ORDER BY seq ${order} LIMIT 1`)['op']),
    ) as [string, string]
    run("UPDATE event SET body = replace(body, ?, ?) WHERE op = ? AND kind = 'outcome'", one, two, one)
    rebuild(key)
  },
  'a second outcome, signed with the stolen key': ({ run, rebuild, key, size, get }) => {
    const body = String(get("SELECT body FROM event WHERE kind = 'outcome' ORDER BY seq LIMIT 1")['body'])
    run('INSERT INTO event (seq, body) VALUES (?, ?)', size, body.replace(/evt_[^"]{4}/, 'evt_0000'))
    rebuild(key)
  },
  'a sealed part edited': ({ run }) => run("UPDATE snapshot SET sealed = zeroblob(100) WHERE part = 'before'"),
  'two sealed parts swapped': ({ run }) => {
    run("UPDATE snapshot SET part = 'x' WHERE event = (SELECT event FROM snapshot LIMIT 1) AND part = 'before'")
    run(
      "UPDATE snapshot SET event = (SELECT event FROM snapshot WHERE part = 'x') WHERE part = 'before' AND event = (SELECT max(event) FROM snapshot)",
    )
    run("DELETE FROM snapshot WHERE part = 'x'")
  },
  'a node of the tree changed': ({ run }) =>
    run('INSERT INTO node (level, position, hash) VALUES (8, 0, zeroblob(32)) ON CONFLICT DO UPDATE SET hash = excluded.hash'),
}

/** What nothing else contradicts, so that one look alone finds it: signed with the stolen key where the events changed. */
const foundByOne: Record<string, (attacker: Attacker) => void> = {
  'the end of the log is not signed': ({ run, size }) => run('DELETE FROM checkpoint WHERE size = ?', size),
  'an event is not readable': ({ run, rebuild, key }) => {
    run("UPDATE event SET body = json_set(body, '$.v', 2) WHERE seq = 10")
    rebuild(key)
  },
  'a search within its app would miss this operation': ({ run }) =>
    run("UPDATE operation SET app = 'app2' WHERE seq = (SELECT min(seq) FROM operation)"),
  'a checkpoint is not signed by the key in force': ({ rebuild }) => rebuild(generateKeyPairSync('ed25519').privateKey),
}

describe('tampering', () => {
  let place: Place
  let mark: Mark
  let old: string
  const run = async (path: string, anchors: Mark[]) => {
    const store = await place.store({ path, keys: [], threads: false })
    try {
      return await verify(store, { trusted: [publicKey(place.key)], anchors, sealer: place.sealer })
    } finally {
      await store.close()
    }
  }

  beforeAll(async () => {
    place = makePlace()
    const it = await place.open()
    old = join(place.directory, 'old.db')
    for (let at = 0; at < 150; at += 1) {
      if (at === 75) await it.store.backup(old)
      const op = await it.guard.begin(deletion())
      if (op.replay) continue
      if (at % 5) spendPermit(op.permit, 'delete_app_user')
      await op.end(at % 5 === 1 || at % 5 === 0 ? undefined : success)
    }
    await it.guard.close()
    mark = (await place.anchor.highest(it.store.journal))!
  })
  afterAll(async () => {
    await place[Symbol.asyncDispose]()
  })

  test('a clean journal raises no alarm, nor does its backup', async () => {
    expect(await run(place.path, [mark])).toMatchObject({ ok: true, findings: [], warnings: [], size: 303 })
    expect(await run(old, [])).toMatchObject({ ok: true, findings: [] })
  })

  test.each(Object.keys(tamperings))('finds %s', async (name) => {
    const path = join(place.directory, `${name.replaceAll(/\W+/g, '-')}.db`)
    copyFileSync(place.path, path)
    attack(path, place.key, tamperings[name]!)
    const report = await run(path, [mark])
    expect(report.ok).toBe(false)
    expect(report.findings.length).toBeGreaterThan(0)
  })

  test.each(Object.keys(foundByOne))('says: %s', async (what) => {
    const path = join(place.directory, `${what.replaceAll(/\W+/g, '-')}.db`)
    copyFileSync(place.path, path)
    attack(path, place.key, foundByOne[what]!)
    expect((await run(path, [])).findings).toContainEqual(expect.objectContaining({ what }))
  })

  test('a store that goes away meanwhile is no tampering', async () => {
    const store = await place.store({ keys: [], threads: false })
    const leaving: typeof store = {
      ...store,
      select: (sql, params) => (sql.includes('FROM checkpoint') ? Promise.reject(new Error('disk I/O error')) : store.select(sql, params)),
    }
    try {
      await expect(verify(leaving)).rejects.toThrow('disk I/O error')
      await expect(verify({ ...leaving, inspect: () => Promise.reject(new Error('away')) })).rejects.toThrow('disk I/O error')
    } finally {
      await store.close()
    }
  })

  test('finds an old backup in the place of the journal', async () => {
    expect((await run(old, [mark])).findings[0]!.what).toContain('went back')
  })

  test('names the batch that holds a changed event', async () => {
    const path = join(place.directory, 'named.db')
    copyFileSync(place.path, path)
    attack(path, place.key, tamperings['a changed byte in an event']!)
    expect((await run(path, [mark])).findings).toContainEqual({
      what: 'the events are not those that were signed',
      batch: [10, 11],
      operations: [expect.stringMatching(/^op_/)],
    })
  })

  test('any single byte, anywhere in the events and checkpoints', async () => {
    for (let round = 0; round < 25; round += 1) {
      const path = join(place.directory, `byte-${round}.db`)
      copyFileSync(place.path, path)
      attack(path, place.key, ({ db, run: change }) => {
        const [table, column, id] = round % 2 ? ['event', 'body', 'seq'] : ['checkpoint', 'note', 'size']
        const { at } = db.prepare(`SELECT ${id} AS at FROM ${table} ORDER BY random() LIMIT 1`).get() as { at: number }
        const row = db.prepare(`SELECT CAST(${column} AS BLOB) AS bytes FROM ${table} WHERE ${id} = ?`).get(at) as { bytes: Uint8Array }
        // A byte without which the database would not take the row: then another one.
        for (let taken = false; !taken; ) {
          const bytes = Buffer.from(row.bytes)
          bytes[Math.floor(Math.random() * bytes.length)]! ^= 1
          try {
            change(`UPDATE ${table} SET ${column} = CAST(? AS TEXT) WHERE ${id} = ?`, bytes, at)
            taken = true
          } catch {}
        }
      })
      expect((await run(path, [mark])).ok).toBe(false)
    }
  })
})
