#!/usr/bin/env bash
# zod 4.6.7: a schema that is made or derived where it is used costs a hundred times as much as one that is kept, and much more than with zod 3.
#
# Expected: zod 4 is the quicker one, and schema.partial() or .pick() in a handler is a small object with references to the fields.
# Happens:  zod 4 makes code for each object schema when it is first used, by new Function, and sets up some dozens of properties and closures for
#           every schema that is made. Both are meant to be paid once. Who derives a schema within a call pays them in each, and the code that
#           was made is thrown away.
# Seen:     one record of four fields and an object in it, the shortest times of one call (they differ by machine, the ratios little):
#                                               zod 3.25.76    zod 4.6.7
#           kept                                1.3 µs         0.4 µs
#           schema.partial() in the call        5 µs           40 µs
#           z.object(...) in the call           12 µs          100 µs
# Matters:  "validate with this role's fields", a schema by language for its messages, or a partial() in the route of each PATCH: such a call costs
#           eight times as much after the move from 3 to 4, while a benchmark of parse() shows a third. Keep derived schemas, in a Map by role
#           if need be.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 zod@4.6.7 zod-3@npm:zod@3.25.76

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { z } from 'zod'
import { z as z3 } from 'zod-3'

console.log(`zod 4.6.7 and 3.25.76, node ${process.version}`)
const record = { name: 'Ann', email: 'a@example.com', age: 30, tags: ['one'], address: { street: 'a', city: 'b', code: 'c' } }
const make = (zod) =>
  zod.object({
    name: zod.string().min(1).max(100),
    email: zod.string().email(),
    age: zod.number().int(),
    tags: zod.array(zod.string()),
    address: zod.object({ street: zod.string(), city: zod.string(), code: zod.string() }),
  })
/** The shortest time of one call, in µs, of some rounds. */
const time = (act) => {
  const rounds = Array.from({ length: 12 }, () => {
    const begin = performance.now()
    for (let count = 0; count < 300; count++) act()
    return ((performance.now() - begin) / 300) * 1000
  })
  return Math.min(...rounds)
}
const see = (zod) => {
  const kept = make(zod)
  return {
    kept: time(() => kept.parse(record)),
    partial: time(() => kept.partial().parse(record)),
    made: time(() => make(zod).parse(record)),
  }
}
const seen = { 'zod 3.25.76': see(z3), 'zod 4.6.7': see(z) }
const one = seen['zod 4.6.7'].kept
for (const [title, way] of [['kept', 'kept'], ['schema.partial() in the call', 'partial'], ['z.object(...) in the call', 'made']]) {
  const told = Object.entries(seen).map(([version, times]) => `${version}: ${times[way].toFixed(1)} µs, ${(times[way] / one).toFixed(0)} times`)
  console.log(`${`${title}:`.padEnd(32)} ${told.map((text) => text.padEnd(36)).join('')}`.trimEnd())
}
const [three, four] = Object.values(seen)
assert.ok(four.kept < three.kept)
assert.ok(four.partial > 20 * four.kept && four.made > 50 * four.kept)
assert.ok(four.made > 2 * three.made && four.partial > 1.3 * three.partial)
JS
node_modules/.bin/node see.mjs
