#!/usr/bin/env bash
# cockatiel 4.0.0: a SamplingBreaker of ten seconds remembers failures of hours ago.
#
# Expected: it opens when more than half of the calls of the last ten seconds failed.
# Happens:  its windows move on only when a call comes, and by one window for each call, whatever time has passed. So calls that are far
#           apart all stay in the sample: one that fails every hour opens the circuit, with nobody else asking in between.
# Seen:     one failing call an hour, minimumRps 1: open after 10 calls, that is 9 hours
# Matters:  a service that is asked seldom refuses its callers on failures that are long over. Make a new breaker when more than its
#           duration has passed since the last call.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" cockatiel@4.0.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { CircuitState, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel'

console.log(`cockatiel 4.0.0, node ${process.version}`)

// The library asks the clock alone, so the clock is moved.
let hours = 0
const began = Date.now()
Date.now = () => began + hours * 3_600_000

const policy = circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 }) })
let calls = 0
while (policy.state === CircuitState.Closed && calls < 1_000) {
  hours = calls
  calls += 1
  await policy.execute(() => Promise.reject(new Error('down'))).catch(() => {})
}
console.log(`one failing call an hour, minimumRps 1: open after ${calls} calls, that is ${hours} hours`)
assert.equal(policy.state, CircuitState.Open)
assert.deepEqual([calls, hours], [10, 9])
JS
node see.mjs
