#!/usr/bin/env bash
# Node 26.10.0: ids of crypto.randomUUIDv7() are in no order within a millisecond, so a reader that goes on after the last id loses rows.
#
# Expected: version 7 is the UUID that sorts by time, made for keys of a database; who writes one after another gets rising ids, as from
#           the package uuid or from uuidv7() of PostgreSQL 18.
# Happens:  Node fills all but the time with random bits, without the counter that RFC 9562 describes for such ids. Of two in the same millisecond either may
#           be the larger. The package uuid counts, but no longer once it is given any option, such as the time for a test.
# Seen:     one process writes 4000 rows, some four in a millisecond; a reader asks after each two for `id > last ORDER BY id`, and remembers the last
#           that it got; rows it has not seen at the end:
#           randomUUIDv7() of Node:            some 1200
#           v7() of uuid:                      0
#           v7({ msecs }) of uuid:             some 1200
#           an integer of the database:        0
# Matters:  an outbox, an export or a log that is read on by its id loses events without an error, the more the busier it is; in a test with a row now and
#           then all is well. Order by a sequence of the database, and let ids be ids.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 uuid@14.0.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { v7 } from 'uuid'

console.log(`uuid 14.0.3, node ${process.version}`)
const see = (title, make, loses) => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE event (id PRIMARY KEY) WITHOUT ROWID')
  const write = database.prepare('INSERT INTO event VALUES (?)')
  const read = database.prepare('SELECT id FROM event WHERE id > ? ORDER BY id')
  const seen = new Set()
  let last = make === undefined ? 0 : ''
  for (let nth = 1; nth <= 4000; nth += 1) {
    const next = performance.now() + 0.25
    write.run(make?.() ?? nth)
    while (performance.now() < next);
    if (nth % 2 > 0) continue
    for (const { id } of read.all(last)) {
      seen.add(id)
      last = id
    }
  }
  const lost = 4000 - seen.size
  console.log(`${`${title}:`.padEnd(34)} ${lost}`)
  assert.ok(loses ? lost > 100 : lost === 0)
}
see('randomUUIDv7() of Node', randomUUIDv7, true)
see('v7() of uuid', () => v7(), false)
see('v7({ msecs }) of uuid', () => v7({ msecs: Date.now() }), true)
see('an integer of the database', undefined, false)
JS
node_modules/.bin/node see.mjs
