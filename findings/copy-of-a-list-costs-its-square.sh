#!/usr/bin/env bash
# node-cache 5.1.2: get() of a list of ten thousand objects takes twenty times as long as to parse its JSON, and grows with the square.
#
# Expected: a cache in the memory of the process hands out what it has. That it makes a copy, which it says, costs something like structuredClone() or
#           JSON.parse(): it grows with the size.
# Happens:  get() and set() copy by the package clone, which keeps each object that it has met in a list, and looks through that list from its
#           beginning for each object that comes, for the case of circles.
# Seen:     get() of a list of { id, name }, with its ratio to JSON.parse() of the same (the best of five):
#           1000 objects:                      5 times
#           4000 objects:                      20 times
#           16000 objects:                     28 times
#           16000 objects, useClones: false:   0 times
# Matters:  a list of countries, rights or prices that is kept "so that it costs nothing" blocks the process for tens of milliseconds with each read,
#           more than Redis and the parsing would, and nobody looks for it in the cache. Set useClones: false and freeze what is kept.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node-cache@5.1.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import NodeCache from 'node-cache'

console.log(`node-cache 5.1.2, node ${process.version}`)
const best = (run) => {
  let least = Infinity
  for (let round = 0; round < 5; round += 1) {
    const before = performance.now()
    run()
    least = Math.min(least, performance.now() - before)
  }
  return least
}
const see = (length, options) => {
  const list = Array.from({ length }, (_, id) => ({ id, name: `person ${id}` }))
  const text = JSON.stringify(list)
  const cache = new NodeCache({ checkperiod: 0, ...options })
  cache.set('list', list)
  assert.deepEqual(cache.get('list'), list)
  const times = best(() => cache.get('list')) / best(() => JSON.parse(text))
  console.log(`${`${length} objects${options ? ', useClones: false' : ''}:`.padEnd(34)} ${Math.round(times)} times`)
  return times
}
const [small, , large] = [1000, 4000, 16_000].map((length) => see(length))
assert.ok(large > 6 && large > 2 * small)
assert.ok(see(16_000, { useClones: false }) < 0.5)
JS
node see.mjs
