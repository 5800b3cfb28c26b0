#!/usr/bin/env bash
# node:sqlite of Node 26.10.0: while one caller reads an export slowly, the connection gives all others old data, and refuses to write at once.
#
# Expected: in WAL mode reading holds up nobody. Each statement sees what was committed before it began, and one that meets a lock waits for it
#           as long as `timeout` says.
# Happens:  an iterator that is not at its end keeps a read transaction open, which is of the connection and not of the statement: all other
#           statements on it see the database as of the first row of the export. As soon as another process has written, this
#           connection may not write on top of what it has not seen: "database is locked" without a wait, as waiting would not help.
# Seen:     a stream of statement.iterate(), timeout 2000:                sees   writes
#           before the export, after another process has written          1      written
#           while the reader pauses, nobody else has written              2      written
#           while the reader pauses, after another process has written    3      database is locked after 0 ms
#           after the reader has gone (stream destroyed)                  4      written
# Matters:  whoever opens a download and lets it stand stops all writing of a service and makes its answers stale, with an error that speaks of a lock
#           which nobody holds; by a second process alone, so not in tests. Read exports in pages, or through a connection of their own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'

console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`)
const database = new DatabaseSync('service.db', { timeout: 2000 })
database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE document (body); CREATE TABLE visit (at);
  WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < 1000) INSERT INTO document SELECT n FROM row`)
const add = 'INSERT INTO visit VALUES (1)'
const otherProcess = () => {
  const code = `new (require('node:sqlite').DatabaseSync)('service.db').exec(${JSON.stringify(add)})`
  execFileSync(process.execPath, ['--input-type=commonjs', '--eval', code])
}
const line = (when, sees, writes) => console.log(`${when.padEnd(61)} ${String(sees).padEnd(6)} ${writes}`)
line('', 'sees', 'writes')
const see = (when, expected, refused) => {
  const { visits } = database.prepare('SELECT count(*) AS visits FROM visit').get()
  const began = performance.now()
  let writes = 'written'
  try {
    database.exec(add)
  } catch ({ message, errcode }) {
    // SQLITE_BUSY_SNAPSHOT
    assert.equal(errcode, 517)
    writes = `${message} after ${Math.round(performance.now() - began)} ms`
    assert.ok(performance.now() - began < 1000)
  }
  line(when, visits, writes)
  assert.deepEqual([visits, writes !== 'written'], [expected, refused])
}

otherProcess()
see('before the export, after another process has written', 1, false)
const rows = Readable.from(database.prepare('SELECT body FROM document').iterate())
await once(rows, 'readable')
assert.ok(rows.read())
see('while the reader pauses, nobody else has written', 2, false)
otherProcess()
// Four visits by now.
see('while the reader pauses, after another process has written', 3, true)
rows.destroy()
await once(rows, 'close')
see('after the reader has gone (stream destroyed)', 4, false)
JS
node_modules/.bin/node see.mjs
