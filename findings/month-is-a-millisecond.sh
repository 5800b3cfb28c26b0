#!/usr/bin/env bash
# rate-limiter-flexible 11.4.0, lru-cache 11.5.3, Node 26.10.0: a quota of thirty days begins anew each millisecond, a time limit is over at once.
#
# Expected: a duration in seconds, or a number of milliseconds that is a safe integer, is as long as it says, or it is an error.
# Happens:  a timer of Node holds 24.8 days at most. One that is longer is set to one millisecond, with a warning on standard error.
#           RateLimiterMemory forgets a count by such a timer, and AbortSignal.timeout() is one. LRUCache of lru-cache looks at the clock and sets
#           the next timer, a thousand times a second. 24 days are right, 25 are not.
# Seen:     two calls are allowed in the time, six are made 10 ms apart:
#           RateLimiterMemory, 24 days:        2 of 6 allowed
#           RateLimiterMemory, 30 days:        6 of 6 allowed
#           express-rate-limit, 30 days:       an error at the start, ERR_ERL_WINDOW_MS
#           LRUCache, ttlAutopurge, 24 days:   0 timers that were too long in 300 ms
#           LRUCache, ttlAutopurge, 30 days:   more than 50 of them, the entry is kept
#           AbortSignal.timeout(24 days):      open after 50 ms
#           AbortSignal.timeout(30 days):      aborted after 50 ms
# Matters:  a quota for each month is the case for which one takes so long a time, and its counter has always just begun; no test that makes two
#           calls in a row waits long enough for the timer. The same class is the insuranceLimiter for when Redis is away. With a store in Redis or
#           a database it holds. Beyond 24 days, count with a key that has the month in it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 lru-cache@11.5.3 rate-limiter-flexible@11.4.0 express-rate-limit@8.7.5 express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { rateLimit } from 'express-rate-limit'
import { LRUCache } from 'lru-cache'
import { RateLimiterMemory } from 'rate-limiter-flexible'

process.removeAllListeners('warning')
const warnings = []
process.on('warning', ({ name }) => warnings.push(name))
setTimeout(() => process.exit(1), 60_000).unref()
console.log(`rate-limiter-flexible 11.4.0, lru-cache 11.5.3, express-rate-limit 8.7.5, node ${process.version}`)

const day = 24 * 60 * 60
const count = async (days) => {
  const limiter = new RateLimiterMemory({ points: 2, duration: days * day })
  let allowed = 0
  for (let nth = 0; nth < 6; nth += 1) {
    await limiter.consume('ann').then(() => (allowed += 1), () => {})
    await sleep(10)
  }
  return `${allowed} of 6 allowed`
}
const limit = () => {
  const errors = []
  const { error } = console
  console.error = (problem) => errors.push(problem.code)
  rateLimit({ limit: 2, windowMs: 30 * day * 1000 })
  console.error = error
  return `an error at the start, ${errors[0]}`
}
const keep = async (days) => {
  const cache = new LRUCache({ max: 10, ttl: days * day * 1000, ttlAutopurge: true })
  // Warnings of the cases before come in the next turns.
  await sleep(50)
  warnings.length = 0
  cache.set('key', 'value')
  // Each timer that is too long is a warning.
  const until = Date.now() + 300
  while (Date.now() < until || (days > 24 && warnings.length <= 50)) await sleep(10)
  assert.equal(cache.get('key'), 'value')
  cache.clear()
  return warnings.length === 0 ? '0 timers that were too long in 300 ms' : 'more than 50 of them, the entry is kept'
}
const open = async (days) => {
  const signal = AbortSignal.timeout(days * day * 1000)
  await sleep(50)
  return `${signal.aborted ? 'aborted' : 'open'} after 50 ms`
}
for (const [title, see, expected] of [
  ['RateLimiterMemory, 24 days', () => count(24), '2 of 6 allowed'],
  ['RateLimiterMemory, 30 days', () => count(30), '6 of 6 allowed'],
  ['express-rate-limit, 30 days', limit, 'an error at the start, ERR_ERL_WINDOW_MS'],
  ['LRUCache, ttlAutopurge, 24 days', () => keep(24), '0 timers that were too long in 300 ms'],
  ['LRUCache, ttlAutopurge, 30 days', () => keep(30), 'more than 50 of them, the entry is kept'],
  ['AbortSignal.timeout(24 days)', () => open(24), 'open after 50 ms'],
  ['AbortSignal.timeout(30 days)', () => open(30), 'aborted after 50 ms'],
]) {
  const seen = await see()
  console.log(`${`${title}:`.padEnd(34)} ${seen}`)
  assert.equal(seen, expected)
}
assert.deepEqual([...new Set(warnings)], ['TimeoutOverflowWarning'])
process.exit()
JS
node_modules/.bin/node see.mjs
