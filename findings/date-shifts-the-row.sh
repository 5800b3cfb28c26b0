#!/usr/bin/env bash
# node:sqlite of Node 26.10.0: a Date, URL or Temporal value as the first parameter moves all values of the row one column on, without an error.
#
# Expected: what cannot be stored is refused, as a Date in the second place is; the first value belongs to the first question mark.
# Happens:  run(), get() and all() take an object in front for named parameters. A Date has no properties of its own, so it names none, and is
#           passed over; the values after it fill the question marks from the first one on, and what is left over is NULL.
# Seen:     INSERT INTO event (at, actor, action) VALUES (?, ?, ?), with the row that comes of it:
#           (date, 'mina', 'delete'):                  at mina, actor delete, action null
#           (instant, 'mina', 'delete'):               at mina, actor delete, action null
#           (url, 'mina', 'delete'):                   at mina, actor delete, action null
#           ('now', date, 'delete'):                   refused: ERR_INVALID_ARG_TYPE
#           by a template of createTagStore():         refused: ERR_INVALID_ARG_TYPE
#           DELETE ... WHERE at < ?, (date):           0 of 2 rows, without an error
# Matters:  a log that begins with its time is wrong in every row, and is found to be so when somebody reads it; a cleaning by age never removes
#           anything. Columns without a type, as SQLite has them, take it all, and only NOT NULL or STRICT might stop it. Pass texts or
#           numbers, or named parameters throughout.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

console.log(`node ${process.version}`)
const database = new DatabaseSync(':memory:')
database.exec('CREATE TABLE event (at, actor, action)')
const insert = database.prepare('INSERT INTO event (at, actor, action) VALUES (?, ?, ?) RETURNING *')
const tag = database.createTagStore()
const date = new Date()
const line = (title, told, expected) => {
  console.log(`${`${title}:`.padEnd(42)} ${told}`)
  assert.equal(told, expected)
}
const row = (call) => {
  try {
    return Object.entries(call()).map(([name, value]) => `${name} ${value}`).join(', ')
  } catch ({ code }) {
    return `refused: ${code}`
  }
}
const moved = 'at mina, actor delete, action null'
const refused = 'refused: ERR_INVALID_ARG_TYPE'
line("(date, 'mina', 'delete')", row(() => insert.get(date, 'mina', 'delete')), moved)
line("(instant, 'mina', 'delete')", row(() => insert.get(Temporal.Now.instant(), 'mina', 'delete')), moved)
line("(url, 'mina', 'delete')", row(() => insert.get(new URL('http://localhost/'), 'mina', 'delete')), moved)
line("('now', date, 'delete')", row(() => insert.get('now', date, 'delete')), refused)
line('by a template of createTagStore()', row(() => tag.get`INSERT INTO event VALUES (${date}, ${'mina'}, ${'delete'}) RETURNING *`), refused)
database.exec("DELETE FROM event; INSERT INTO event VALUES ('2025-01-01', 'mina', 'delete'), ('2025-02-01', 'bob', 'delete')")
const { changes } = database.prepare('DELETE FROM event WHERE at < ?').run(date)
line('DELETE ... WHERE at < ?, (date)', `${changes} of 2 rows, without an error`, '0 of 2 rows, without an error')
JS
node_modules/.bin/node --disable-warning=ExperimentalWarning see.mjs
