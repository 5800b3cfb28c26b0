#!/usr/bin/env bash
# Node 26.10.0: a field of a row from `node:sqlite` takes several times as long to read as one of a plain object, and so do rows as JSON.
#
# Expected: what all() and iterate() give are objects with a field for each column, as quick as any; the cost of a query is in SQLite and in making
#           them.
# Happens:  rows have no prototype (null), and V8 keeps such objects as dictionaries: each field is looked up by its hash, where objects of one
#           shape have it at a known place. JSON.stringify() leaves its quick path for them as well. A copy by { ...row } is a plain object.
# Seen:     20000 rows of 30 columns, each with its ratio to the same of copies, { ...row } (the best of five):
#           reading two fields of each:            35.8 times (7 on a busy machine)
#           JSON.stringify() of all:               4.6 times
#           copying them all:                      1.8 of what all() takes
#           arrays, setReturnArrays(true):         all() itself takes 0.6 of the time
# Matters:  a loop over rows that sorts, sums or joins them in JavaScript costs more than the query, and a profile shows one's own loop; an export
#           pays at each row. An index or a pragma changes nothing. Take arrays; a copy pays for rows that are read many times.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(':memory:')
console.log(`node ${process.version}, SQLite ${database.prepare('SELECT sqlite_version() AS version').get().version}`)
const columns = Array.from({ length: 30 }, (_, nth) => `c${nth}`)
database.exec(`CREATE TABLE item (${columns.join()});
  INSERT INTO item SELECT ${columns.map((_, nth) => `value + ${nth}`).join()} FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 20000) SELECT value FROM n)`)
const select = database.prepare('SELECT * FROM item')
const rows = select.all()
const plain = rows.map((row) => ({ ...row }))
assert.equal(JSON.stringify(rows), JSON.stringify(plain))

// Each kind of object has a function of its own, as V8 makes code for the shapes that a function has seen.
const reader = () => new Function('rows', 'let sum = 0; for (const row of rows) sum += row.c5 + row.c20; return sum')
const writer = () => (list) => JSON.stringify(list)
const best = (run) => {
  let least = Infinity
  for (let round = 0; round < 5; round += 1) {
    const before = performance.now()
    run()
    least = Math.min(least, performance.now() - before)
  }
  return least
}
const ratio = (make, one, other) => {
  const [first, second] = [make(), make()]
  for (let nth = 0; nth < 3; nth += 1) [first(one), second(other)]
  return best(() => first(one)) / best(() => second(other))
}
const say = (title, text) => console.log(`${`${title}:`.padEnd(38)} ${text}`)
const reading = ratio(reader, rows, plain)
say('reading two fields of each', `${reading.toFixed(1)} times`)
const writing = ratio(writer, rows, plain)
say('JSON.stringify() of all', `${writing.toFixed(1)} times`)
const copying = best(() => rows.map((row) => ({ ...row }))) / best(() => select.all())
say('copying them all', `${copying.toFixed(1)} of what all() takes`)
const objects = best(() => select.all())
select.setReturnArrays(true)
const arrays = best(() => select.all()) / objects
say('arrays, setReturnArrays(true)', `all() itself takes ${arrays.toFixed(1)} of the time`)
assert.ok(reading > 3 && writing > 1.5 && arrays < 0.9)
JS
node_modules/.bin/node see.mjs
