#!/usr/bin/env bash
# Node 26.10.0: backup() of node:sqlite comes to no end while another connection writes now and then, in WAL too.
#
# Expected: an online backup copies page by page while the database is in use, and a write costs it the pages that were changed. With WAL each
#           reader has its own view of the file, so the copy has one as well.
# Happens:  SQLite begins again at the first page whenever another connection has written since the last step. Only what is written by the very
#           connection that was given to backup() is taken along. node:sqlite makes steps of 100 pages, so a copy ends only if nobody writes for
#           as long as all of them take. There is no limit of time and no error; `progress` goes up and falls back.
# Seen:     a file of 2228 pages in WAL, which is 23 steps; one row is written after each tenth step:
#           nobody writes:                             done after 23 steps
#           the same connection writes:                done after 23 steps
#           another connection writes:                 not done after 1000 steps, begun 100 times
#           another connection writes, rate 10000:     done after 1 step
# Matters:  one connection for requests and one for the backup is the clean way to write it, and another process is always another connection. The
#           backup works at night and with the small files of tests; on a busy day a promise is pending, which alarms nobody. A `rate` above all
#           pages takes them in one step, off the main thread. Put a limit of time on it in any case.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { backup, DatabaseSync } from 'node:sqlite'

setTimeout(() => process.exit(1), 60_000).unref()
const database = new DatabaseSync('a.db')
database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE entry (text TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO entry SELECT hex(randomblob(200)) FROM n`)
const other = new DatabaseSync('a.db')
const { version } = database.prepare('SELECT sqlite_version() AS version').get()
console.log(`node ${process.version}, SQLite ${version}, ${database.prepare('PRAGMA page_count').get().page_count} pages`)

const STEPS = 1000
const copy = async (file, writer, rate) => {
  const insert = writer?.prepare("INSERT INTO entry VALUES ('one more')")
  // The last step is not told by progress.
  let steps = 1
  let begun = 1
  let last = Infinity
  const { promise: given, resolve: giveUp } = Promise.withResolvers()
  const progress = ({ remainingPages }) => {
    steps += 1
    if (remainingPages > last) begun += 1
    last = remainingPages
    if (steps % 10 === 0) insert?.run()
    if (steps === STEPS) giveUp(false)
  }
  const done = await Promise.race([given, backup(database, file, { progress, ...(rate ? { rate } : {}) })])
  if (!done) return `not done after ${steps} steps, begun ${begun} times`
  assert.equal(new DatabaseSync(file, { readOnly: true }).prepare('PRAGMA integrity_check').get().integrity_check, 'ok')
  return `done after ${steps} step${steps === 1 ? '' : 's'}`
}
const line = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(42)} ${seen}`)
  assert.equal(seen, expected)
}
line('nobody writes', await copy('1.db'), 'done after 23 steps')
line('the same connection writes', await copy('2.db', database), 'done after 23 steps')
line('another connection writes, rate 10000', await copy('3.db', other, 10_000), 'done after 1 step')
line('another connection writes', await copy('4.db', other), 'not done after 1000 steps, begun 100 times')
process.exit()
JS
node_modules/.bin/node see.mjs
