#!/usr/bin/env bash
# Node 26.10.0: prepare() of node:sqlite drops all that follows the first statement without a look at it, a COMMIT included.
#
# Expected: a text with two statements is refused, as Python's sqlite3 does, since only one can be prepared; or both are carried out, as by exec(),
#           and by pg.
# Happens:  SQLite's own function compiles the first statement and hands the rest back to be compiled next. node:sqlite does not look at the
#           rest, so there may even be no SQL in it. changes and lastInsertRowid are those of the first, and nothing is thrown.
# Seen:     prepare(text).run() on an empty table:
#           INSERT ... (1); INSERT ... (2)            1 row
#           INSERT ... (1); and then no SQL at all    1 row
#           BEGIN; INSERT ... (1); COMMIT             0 rows, a transaction is open; an INSERT after that is gone with the connection
#           exec() of the first                       2 rows
# Matters:  "erase the user, then enter it into the log" enters nothing, and says that it changed a row. With BEGIN in front, all that this connection
#           writes from then on is there for itself, is answered with success, keeps every other writer out, and is gone at the next start.
#           Tests that read by the same connection pass. What is meant as one step belongs between exec('BEGIN') and exec('COMMIT'); sourceSQL is
#           the text that was taken, so `statement.sourceSQL === text` is a check for it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

const { version } = new DatabaseSync(':memory:').prepare('SELECT sqlite_version() AS version').get()
console.log(`node ${process.version}, SQLite ${version}`)
const open = () => {
  const database = new DatabaseSync('a.db')
  database.exec('CREATE TABLE IF NOT EXISTS entry (number INTEGER)')
  return database
}
const rows = (database) => database.prepare('SELECT count(*) AS count FROM entry').get().count
const line = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(42)} ${seen}`)
  assert.equal(seen, expected)
}

const one = 'INSERT INTO entry VALUES (1)'
const two = `${one}; INSERT INTO entry VALUES (2)`
for (const [title, act, expected] of [
  ['INSERT ... (1); INSERT ... (2)', (database) => database.prepare(two).run(), 1],
  ['INSERT ... (1); and then no SQL at all', (database) => database.prepare(`${one}; and then no SQL at all`).run(), 1],
  ['exec() of the first', (database) => database.exec(two), 2],
]) {
  const database = open()
  const told = act(database)
  if (told) assert.equal(told.changes, 1)
  line(title, `${rows(database)} row${expected === 1 ? '' : 's'}`, `${expected} row${expected === 1 ? '' : 's'}`)
  database.exec('DELETE FROM entry')
  database.close()
}

const database = open()
database.prepare(`BEGIN; ${one}; COMMIT`).run()
const counted = rows(database)
database.prepare(one).run()
const own = rows(database)
const other = new DatabaseSync('a.db')
assert.throws(() => other.exec(one), /database is locked/)
const transaction = database.isTransaction ? 'a transaction is open' : 'no transaction is open'
database.close()
line(
  'BEGIN; INSERT ... (1); COMMIT',
  `${counted} rows, ${transaction}; after an INSERT ${own} row, after close() ${rows(other)}`,
  '0 rows, a transaction is open; after an INSERT 1 row, after close() 0',
)
assert.equal(open().prepare(two).sourceSQL, `${one};`)
JS
node_modules/.bin/node see.mjs
