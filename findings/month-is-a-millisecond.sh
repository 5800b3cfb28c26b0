#!/usr/bin/env bash
# rate-limiter-flexible 11.4.0 and Node 26.10.0: a quota of thirty days begins anew each millisecond, and a time limit of thirty days is over at once.
#
# Expected: a duration in seconds, or a number of milliseconds that is a safe integer, is as long as it says, or it is an error.
# Happens:  a timer of Node holds 24.8 days at most. One that is longer is set to one millisecond, with a warning on standard error. RateLimiterMemory
#           forgets a count by such a timer, and AbortSignal.timeout() is one. 24 days are right, 25 are not.
# Seen:     two calls are allowed in the time, six are made 10 ms apart:
#           RateLimiterMemory, 24 days:        2 of 6 allowed
#           RateLimiterMemory, 30 days:        6 of 6 allowed
#           express-rate-limit, 30 days:       an error at the start, ERR_ERL_WINDOW_MS
#           AbortSignal.timeout(24 days):      open after 50 ms
#           AbortSignal.timeout(30 days):      aborted after 50 ms
# Matters:  a quota for each month is the case for which one takes so long a time, and its counter has always just begun; no test that makes two calls
#           in a row waits long enough for the timer. The same class is the insuranceLimiter for when Redis is away. With a store in Redis or
#           a database it holds. Beyond 24 days, count with a key that has the month in it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 rate-limiter-flexible@11.4.0 express-rate-limit@8.7.5 express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { rateLimit } from 'express-rate-limit'
import { RateLimiterMemory } from 'rate-limiter-flexible'

process.removeAllListeners('warning')
const warnings = new Set()
process.on('warning', ({ name }) => warnings.add(name))
console.log(`rate-limiter-flexible 11.4.0, express-rate-limit 8.7.5, node ${process.version}`)

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
const open = async (days) => {
  const signal = AbortSignal.timeout(days * day * 1000)
  await sleep(50)
  return `${signal.aborted ? 'aborted' : 'open'} after 50 ms`
}
for (const [title, see, expected] of [
  ['RateLimiterMemory, 24 days', () => count(24), '2 of 6 allowed'],
  ['RateLimiterMemory, 30 days', () => count(30), '6 of 6 allowed'],
  ['express-rate-limit, 30 days', limit, 'an error at the start, ERR_ERL_WINDOW_MS'],
  ['AbortSignal.timeout(24 days)', () => open(24), 'open after 50 ms'],
  ['AbortSignal.timeout(30 days)', () => open(30), 'aborted after 50 ms'],
]) {
  const seen = await see()
  console.log(`${`${title}:`.padEnd(34)} ${seen}`)
  assert.equal(seen, expected)
}
assert.deepEqual([...warnings], ['TimeoutOverflowWarning'])
process.exit()
JS
node_modules/.bin/node see.mjs
