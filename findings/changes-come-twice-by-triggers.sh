#!/usr/bin/env bash
# Node 26.10.0 (SQLite 3.53.4): a changeset of `node:sqlite` brings what triggers have written, and fires the same triggers where it is applied.
#
# Expected: a changeset carries over what has happened in one database to another that began as its copy; applied without an error, the two are
#           equal.
# Happens:  a session records each row that was written, by a statement or by a trigger of it. applyChangeset() writes these rows in the ordinary
#           way, so that the triggers of the second database fire for them as well. If what they write has a key of its own, all is there twice; if
#           the key is a number, it is the next one, a conflict, and the whole changeset is dropped: applyChangeset() returns false. (The changes of
#           one row are one in a changeset, so the trigger fires once for them.)
# Seen:     a table with a trigger that writes each change to a log; two changes are made, and carried over:
#           log with random keys:                   true, the first has 2 lines, the second 3
#           log with numbers:                       false, nothing was changed
#           log with numbers, conflicts omitted:    true, the log says 2, 2 for what was 1, 2
#           triggers dropped before, both:          true, equal
# Matters:  copies for reading, synchronisation and undo by changesets work until the first audit log, counter or full-text index by triggers. The
#           value that comes back is easily not looked at, as an error is what one expects. Drop the triggers while applying, within the same
#           transaction, or leave their tables out by `filter`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { constants, DatabaseSync } from 'node:sqlite'

const { version } = new DatabaseSync(':memory:').prepare('SELECT sqlite_version() AS version').get()
console.log(`node ${process.version}, SQLite ${version}`)
const trigger = 'CREATE TRIGGER logged AFTER UPDATE ON item BEGIN INSERT INTO log (value) VALUES (new.value); END;'
const schema = (key) => `CREATE TABLE item (id INTEGER PRIMARY KEY, value INT); CREATE TABLE log (id ${key}, value INT); ${trigger} INSERT INTO item VALUES (1, 0);`
const numbers = 'INTEGER PRIMARY KEY'
const random = 'BLOB PRIMARY KEY NOT NULL DEFAULT (randomblob(16))'

const see = (key, options, dropped = false) => {
  const [first, second] = [new DatabaseSync(':memory:'), new DatabaseSync(':memory:')]
  for (const database of [first, second]) database.exec(schema(key))
  const session = first.createSession()
  first.exec('UPDATE item SET value = 1; UPDATE item SET value = 2')
  const changes = session.changeset()
  if (dropped) second.exec('DROP TRIGGER logged')
  const applied = second.applyChangeset(changes, options)
  if (dropped) second.exec(trigger)
  const content = (database) => [
    database.prepare('SELECT value FROM item').all().map((row) => row.value),
    database.prepare('SELECT value FROM log ORDER BY id').all().map((row) => row.value),
  ]
  const [[one, log], [other, otherLog]] = [content(first), content(second)]
  if (applied && one[0] === other[0] && String(log.toSorted()) === String(otherLog.toSorted())) return 'true, equal'
  if (other[0] === 0 && otherLog.length === 0) return `${applied}, nothing was changed`
  if (log.length !== otherLog.length) return `${applied}, the first has ${log.length} lines, the second ${otherLog.length}`
  return `${applied}, the log says ${otherLog.join(', ')} for what was ${log.join(', ')}`
}
const omit = { onConflict: () => constants.SQLITE_CHANGESET_OMIT }
const both = [see(random, {}, true), see(numbers, {}, true)]
for (const [title, seen, expected] of [
  ['log with random keys', see(random, {}), 'true, the first has 2 lines, the second 3'],
  ['log with numbers', see(numbers, {}), 'false, nothing was changed'],
  ['log with numbers, conflicts omitted', see(numbers, omit), 'true, the log says 2, 2 for what was 1, 2'],
  ['triggers dropped before, both', both[0] === both[1] ? both[0] : both.join(' and '), 'true, equal'],
]) {
  console.log(`${`${title}:`.padEnd(39)} ${seen}`)
  assert.equal(seen, expected)
}
JS
node_modules/.bin/node see.mjs
