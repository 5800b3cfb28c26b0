#!/usr/bin/env bash
# cockatiel 4.0.0: while a circuit breaker is half open, calls neither run nor fail, but wait for the one that tries.
#
# Expected: as with an open circuit, calls beside the trial are refused at once with BrokenCircuitError.
# Happens:  they wait until the trial has an outcome, and only then are refused (or run). If what is behind the breaker hangs, each waits as
#           long as the trial hangs, so the breaker hands on the very delay that it was put there against.
# Seen:     open:      refused after 0 ms or little more
#           half open: refused after about as long as the trial took, 1500 ms
# Matters:  readers of a service whose supplier hangs are quick for a while and then, at each trial, all slow together. Ask `breaker.state`
#           first, and refuse while it is half open.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" cockatiel@4.0.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`cockatiel 4.0.0, node ${process.version}`)

const trial = 1_500
const breaker = circuitBreaker(handleAll, { halfOpenAfter: 200, breaker: new ConsecutiveBreaker(1) })
const fail = async (milliseconds) => {
  await sleep(milliseconds)
  throw new Error('down')
}
const timed = async (work) => {
  const began = performance.now()
  const name = await breaker.execute(work).then(
    () => 'done',
    (error) => error.constructor.name,
  )
  return { name, ms: performance.now() - began }
}

await timed(() => fail(0))
const open = await timed(() => fail(0))
await sleep(250)
const trying = timed(() => fail(trial))
assert.equal(breaker.state, CircuitState.HalfOpen)
let ran = false
const beside = await timed(async () => {
  ran = true
})
await trying

console.log(`open:      ${open.name} after ${Math.round(open.ms)} ms`)
console.log(`half open: ${beside.name} after ${Math.round(beside.ms)} ms`)
assert.equal(open.name, 'BrokenCircuitError')
assert.ok(open.ms < 500)
assert.deepEqual([beside.name, ran], ['BrokenCircuitError', false])
assert.ok(beside.ms > trial * 0.9)
JS
node see.mjs
