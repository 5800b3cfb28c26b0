#!/usr/bin/env bash
# lru-cache 11.5.3: `fetch()` rejects when there are more loads at a time than the cache has room for, and when an entry is written or deleted meanwhile.
#
# Expected: a cache that is full forgets the oldest and asks again later; who is waiting for a load gets what was loaded, or the newer value.
# Happens:  a load under way is an entry like the others. It takes a place, and what displaces, replaces or deletes the entry aborts the load: its
#           callers get an Error whose message is one word, although the function for loading has failed nowhere and answers a moment later. With
#           allowStaleOnFetchAbort they get undefined instead, with ignoreFetchAbort what was loaded.
# Seen:     a cache for three entries, and what the waiting callers get:
#           five keys at a time:                                Error: evicted, Error: evicted, 3, 4, 5
#           the key is set to a newer value meanwhile:          Error: replaced, and the cache has the newer value
#           the key is deleted meanwhile, as after a write:     Error: deleted
#           five keys at a time, allowStaleOnFetchAbort:        undefined, undefined, 3, 4, 5
#           five keys at a time, ignoreFetchAbort:              1, 2, 3, 4, 5
#           deleted meanwhile, ignoreFetchAbort:                the old value, which is not kept
# Matters:  an export that asks for a thousand users at once from a cache for five hundred fails for half of them, and so does each reader who comes while
#           another one saves: 500 of a service that is well, under load alone. Set ignoreFetchAbort where a late value is better than an error.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" lru-cache@11.5.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { LRUCache } from 'lru-cache'

console.log(`lru-cache 11.5.3, node ${process.version}`)
const see = async (title, expected, keys, act, options) => {
  let resolve
  const go = new Promise((settle) => {
    resolve = settle
  })
  const cache = new LRUCache({ max: 3, ...options, fetchMethod: (key) => go.then(() => `${key}`) })
  const calls = keys.map((key) => cache.fetch(key).catch(String))
  act?.(cache)
  resolve()
  const told = `${(await Promise.all(calls)).map(String).join(', ')}${act ? `; the cache has ${cache.get(keys[0])}` : ''}`
  console.log(`${`${title}:`.padEnd(51)} ${told}`)
  assert.equal(told, expected)
}
const five = ['1', '2', '3', '4', '5']
const set = (cache) => cache.set('user', 'newer')
const remove = (cache) => cache.delete('user')
await see('five keys at a time', 'Error: evicted, Error: evicted, 3, 4, 5', five)
await see('the key is set to a newer value meanwhile', 'Error: replaced; the cache has newer', ['user'], set)
await see('the key is deleted meanwhile, as after a write', 'Error: deleted; the cache has undefined', ['user'], remove)
await see('five keys at a time, allowStaleOnFetchAbort', 'undefined, undefined, 3, 4, 5', five, undefined, { allowStaleOnFetchAbort: true })
await see('five keys at a time, ignoreFetchAbort', '1, 2, 3, 4, 5', five, undefined, { ignoreFetchAbort: true })
await see('deleted meanwhile, ignoreFetchAbort', 'user; the cache has undefined', ['user'], remove, { ignoreFetchAbort: true })
JS
node see.mjs
