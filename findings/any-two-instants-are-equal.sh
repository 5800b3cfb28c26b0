#!/usr/bin/env bash
# Node 26.10.0 and jest 30.5.2: a test that compares Temporal values by content passes whatever they say.
#
# Expected: deepStrictEqual and toStrictEqual tell two moments apart, as they do with Date; if they did not know a class, they would compare
#           by identity and fail.
# Happens:  a Temporal value keeps all it knows in internal slots and has no property of its own. Both libraries know Date, RegExp, Map and Set,
#           and take everything else for its properties, of which there are none to differ: any two values of one class are equal, at any
#           depth.
# Seen:     two Dates:     deepStrictEqual fails, toEqual fails, toStrictEqual fails
#           two Instants:  deepStrictEqual passes, toEqual passes, toStrictEqual passes
#           (and so for the other seven classes, and inside of { expiresAt })
# Matters:  Temporal came with Node 26, without a flag. Who moves from Date to Temporal keeps all of the tests, green, and those on times and
#           expiries can no longer fail. Compare what toJSON() gives.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 expect@30.5.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { expect } from 'expect'

console.log(`node ${process.version}, jest's expect 30.5.2`)

const { Instant, ZonedDateTime, PlainDate, PlainTime, PlainDateTime, PlainYearMonth, PlainMonthDay, Duration } = Temporal
const zone = '[Europe/Berlin]'
const pairs = {
  Date: [new Date(0), new Date(1)],
  Instant: ['2026-01-01T00:00Z', '2027-06-30T12:00Z'].map((text) => Instant.from(text)),
  ZonedDateTime: [`2026-01-01T00:00${zone}`, `2027-06-30T12:00${zone}`].map((text) => ZonedDateTime.from(text)),
  PlainDate: ['2026-01-01', '2027-06-30'].map((text) => PlainDate.from(text)),
  PlainTime: ['00:00', '12:00'].map((text) => PlainTime.from(text)),
  PlainDateTime: ['2026-01-01T00:00', '2027-06-30T12:00'].map((text) => PlainDateTime.from(text)),
  PlainYearMonth: ['2026-01', '2027-06'].map((text) => PlainYearMonth.from(text)),
  PlainMonthDay: ['01-01', '06-30'].map((text) => PlainMonthDay.from(text)),
  Duration: ['PT1S', 'P1Y'].map((text) => Duration.from(text)),
}
pairs['{ expiresAt: Instant }'] = pairs.Instant.map((expiresAt) => ({ id: 'session', expiresAt }))

const verdict = (compare) => {
  try {
    compare()
    return 'passes'
  } catch {
    return 'fails'
  }
}
for (const [name, [one, other]] of Object.entries(pairs)) {
  const seen = {
    deepStrictEqual: verdict(() => assert.deepStrictEqual(one, other)),
    toEqual: verdict(() => expect(one).toEqual(other)),
    toStrictEqual: verdict(() => expect(one).toStrictEqual(other)),
  }
  console.log(`${`${name}:`.padEnd(24)} ${Object.entries(seen).map((pair) => pair.join(' ')).join(', ')}`)
  assert.deepEqual(new Set(Object.values(seen)), new Set([name === 'Date' ? 'fails' : 'passes']))
  // The values do differ, and say so in JSON.
  assert.notEqual(JSON.stringify(one), JSON.stringify(other))
}
JS
node_modules/.bin/node see.mjs
