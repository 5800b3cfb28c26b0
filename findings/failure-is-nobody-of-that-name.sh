#!/usr/bin/env bash
# cacheable 2.5.0: if what `wrap()` or `getOrSet()` loads fails, the caller gets undefined, as for a record that does not exist.
#
# Expected: the error reaches the caller, as it does without the cache, and with cache-manager or async-cache-dedupe.
# Happens:  the error goes to the event `error` of the cache, where nobody need be listening, and the call resolves with undefined. `throwErrors` is off
#           unless it is asked for. And what a load brings is stored over what was set or deleted while it was under way.
# Seen:     what a caller gets while the service is away:
#           cacheable, wrap:                            undefined
#           cacheable, getOrSet:                        undefined
#           cacheable, getOrSet, throwErrors:           Error: connect ECONNREFUSED
#           cache-manager 7.2.9, wrap:                  Error: connect ECONNREFUSED
#           async-cache-dedupe 3.4.0:                   Error: connect ECONNREFUSED
#           and what the cache has after a newer value was set during a load:
#           cacheable, getOrSet:                        the old value
# Matters:  an outage becomes "no such user": 404 in place of 503, accounts that are made a second time, rights that are taken to be none; monitoring
#           sees no error. Set throwErrors: true in each call.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" cacheable@2.5.0 cache-manager@7.2.9 async-cache-dedupe@3.4.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createCache as createDedupe } from 'async-cache-dedupe'
import { createCache } from 'cache-manager'
import { Cacheable } from 'cacheable'

console.log(`cacheable 2.5.0, cache-manager 7.2.9, async-cache-dedupe 3.4.0, node ${process.version}`)
const load = async () => {
  throw new Error('connect ECONNREFUSED')
}
const cache = new Cacheable()
const dedupe = createDedupe({ ttl: 60, storage: { type: 'memory' } }).define('user', load)
const line = (title, told, expected) => {
  console.log(`${`${title}:`.padEnd(43)} ${told}`)
  assert.equal(told, expected)
}
const failure = 'Error: connect ECONNREFUSED'
for (const [title, call, expected] of [
  ['cacheable, wrap', () => cache.wrap(load, { ttl: '1h', keyPrefix: 'user' })('mina'), 'undefined'],
  ['cacheable, getOrSet', () => cache.getOrSet('mina', load, { ttl: '1h' }), 'undefined'],
  ['cacheable, getOrSet, throwErrors', () => cache.getOrSet('mina', load, { ttl: '1h', throwErrors: true }), failure],
  ['cache-manager, wrap', () => createCache().wrap('mina', load), failure],
  ['async-cache-dedupe', () => dedupe.user('mina'), failure],
]) {
  line(title, String(await call().catch(String)), expected)
}
let answer
let begun
const asked = new Promise((resolve) => {
  begun = resolve
})
const call = cache.getOrSet('bob', () => {
  begun()
  return new Promise((resolve) => {
    answer = resolve
  })
})
await asked
await cache.set('bob', 'the new value')
answer('the old value')
await call
line('cacheable, a newer value during a load', await cache.get('bob'), 'the old value')
JS
node see.mjs
