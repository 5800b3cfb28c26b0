#!/usr/bin/env bash
# Node 26.10.0: a formatter of dates that is kept, as one should, takes eight times as long for a Temporal.Instant as for the same Date.
#
# Expected: making an Intl.DateTimeFormat is dear, and using it cheap. One that is kept writes an Instant about as fast as a Date: both are a
#           number to it.
# Happens:  a Temporal value makes V8 take the formatter's pattern apart and make a new formatter of ICU from it, at each call, as a pattern
#           can hold what the value lacks (a PlainDate has no hours). An Instant lacks nothing, and pays as well. toLocaleString() makes the
#           outer one anew besides, which Date.prototype.toLocaleString() keeps from one call to the next. `epochMilliseconds` goes around it.
# Seen:     processor time, against the Date of the same moment:
#           formatter kept, Instant:                    8.8 times
#           formatter kept, PlainDate:                  15.4 times
#           formatter kept, Instant's milliseconds:     0.9 times
#           toLocaleString('de'), Instant:              59.7 times
# Matters:  Temporal came with Node 26, without a flag. A list or an export that goes over from Date to it spends its time in writing out times,
#           and what is known to help, to keep the formatter, is done already. Hand `epochMilliseconds` to the formatter.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`node ${process.version}, V8 ${process.versions.v8}`)

const date = new Date('2026-06-30T12:00:00Z')
const instant = Temporal.Instant.from('2026-06-30T12:00:00Z')
const day = Temporal.PlainDate.from('2026-06-30')
const formatter = new Intl.DateTimeFormat('de', { dateStyle: 'medium', timeStyle: 'short' })
const ofDays = new Intl.DateTimeFormat('de', { dateStyle: 'medium' })
assert.equal(formatter.format(instant), formatter.format(date))
assert.equal(instant.toLocaleString('de'), date.toLocaleString('de'))

/** Processor time of one call, from as many as take 300 ms of it. */
const cost = (write) => {
  const before = process.threadCpuUsage()
  for (let calls = 100; ; calls += 100) {
    for (let nth = 0; nth < 100; nth += 1) write()
    const { user, system } = process.threadCpuUsage(before)
    if (user + system > 300_000) return (user + system) / calls
  }
}
const compare = (name, write, withDate) => {
  const times = cost(write) / cost(withDate)
  console.log(`${`${name}:`.padEnd(43)} ${times.toFixed(1)} times`)
  return times
}
const kept = [
  compare('formatter kept, Instant', () => formatter.format(instant), () => formatter.format(date)),
  compare('formatter kept, PlainDate', () => ofDays.format(day), () => ofDays.format(date)),
]
const around = compare("formatter kept, Instant's milliseconds", () => formatter.format(instant.epochMilliseconds), () => formatter.format(date))
const direct = compare("toLocaleString('de'), Instant", () => instant.toLocaleString('de'), () => date.toLocaleString('de'))

for (const times of kept) assert.ok(times > 3.5)
assert.ok(around < 2)
assert.ok(direct > 12)
JS
node_modules/.bin/node see.mjs
