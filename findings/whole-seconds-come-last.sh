#!/usr/bin/env bash
# Node 26.10.0: times that Temporal writes do not sort as texts, so a reader that remembers the last one it saw skips others.
#
# Expected: ISO texts in UTC sort as the times do. SQLite has no type for times and names such texts as a way to keep them; Date writes them
#           with three digits of the second, always.
# Happens:  Temporal leaves zeros at the end out, in toString(), in templates and in JSON: the text of a whole second has no point. There the
#           Z stands against the point of its neighbours, and Z is the greater: 12:00:01Z comes after all others of its second. With
#           microseconds the same happens to each whole millisecond.
# Seen:     twelve rows, one each 300 ms, each read by WHERE at > the last one read:
#           Date, toISOString():                    12 of 12 rows, in their order
#           Instant, toString():                    9 of 12 rows, skipped 12:00:01.3Z 12:00:01.6Z 12:00:01.9Z
#           Instant, fractionalSecondDigits: 3:     12 of 12 rows, in their order
#           ORDER BY, Instant, toString():          … 12:00:00.7Z 12:00:01.3Z 12:00:01.6Z 12:00:01.9Z 12:00:01Z 12:00:02.2Z …
# Matters:  Temporal came with Node 26, without a flag. Of a thousand times in milliseconds one is a whole second, so tests do not meet it; then
#           whatever is kept or sent on by such a mark (outboxes, exports, pages by cursor) lacks up to a second of rows, for good. Give the
#           number of digits, the same to all.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`)
const first = Temporal.Instant.from('2026-06-30T12:00:00.400Z')
const instants = Array.from({ length: 12 }, (_, nth) => first.add({ milliseconds: 300 * nth }))
const short = (text) => text.slice(11)

/** What a reader gets that asks after each new row for those later than the last one it got, and all rows by ORDER BY. */
const follow = (write) => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE event (at TEXT)')
  const add = database.prepare('INSERT INTO event VALUES (?)')
  const later = database.prepare('SELECT at FROM event WHERE at > ? ORDER BY at')
  const seen = []
  for (const instant of instants) {
    add.run(write(instant))
    seen.push(...later.all(seen.at(-1) ?? '').map(({ at }) => at))
  }
  return { seen, sorted: database.prepare('SELECT at FROM event ORDER BY at').all().map(({ at }) => at) }
}
for (const [title, write, all] of [
  ['Date, toISOString()', (instant) => new Date(instant.epochMilliseconds).toISOString(), true],
  ['Instant, toString()', (instant) => instant.toString(), false],
  ['Instant, fractionalSecondDigits: 3', (instant) => instant.toString({ fractionalSecondDigits: 3 }), true],
]) {
  const { seen, sorted } = follow(write)
  const texts = instants.map(write)
  const skipped = texts.filter((text) => !seen.includes(text))
  const rest = skipped.length === 0 ? 'in their order' : `skipped ${skipped.map(short).join(' ')}`
  console.log(`${`${title}:`.padEnd(39)} ${seen.length} of ${texts.length} rows, ${rest}`)
  assert.equal(skipped.length, all ? 0 : 3)
  if (all) assert.deepEqual(sorted, texts)
  else {
    const whole = sorted.findIndex((text) => text.endsWith(':01Z'))
    console.log(`${`ORDER BY, ${title}:`.padEnd(39)} … ${sorted.slice(whole - 4, whole + 2).map(short).join(' ')} …`)
    assert.equal(short(sorted[whole - 1]), '12:00:01.9Z')
    // JSON and templates write the same.
    assert.deepEqual([instants[2].toJSON(), `${instants[2]}`], [texts[2], texts[2]])
  }
}
JS
node_modules/.bin/node see.mjs
