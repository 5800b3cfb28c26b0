#!/usr/bin/env bash
# prom-client 15.1.3: of two Prometheus servers that read the same process, only the first sees that its event loop was blocked.
#
# Expected: reading metrics changes none; two readers of one process see the same, as they do with counters.
# Happens:  the default metrics nodejs_eventloop_lag_min, max, mean, stddev and the percentiles begin anew each time that anybody reads them.
#           They tell of the time since the last reading, by whomever, and have no memory of it in the process.
# Seen:     blocked for 600 ms; nodejs_eventloop_lag_max_seconds to the first reader: 0.605028351, to the second: 0.013385727
#           a counter: 1 and 1
# Matters:  two servers that read the same targets are the usual way to make Prometheus highly available, and their alarms are meant to be the
#           same: here each sees a part of the peaks, by chance. A person who looks at /metrics, or a probe for health that does, takes a peak
#           out of the record. Count what is slow in a histogram, or read once and hand on.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" prom-client@15.1.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, register } from 'prom-client'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`prom-client 15.1.3, node ${process.version}`)

collectDefaultMetrics()
const blocks = new Counter({ name: 'blocks_total', help: 'Times that the event loop was blocked.' })
const value = (text, name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)[1])
await sleep(100)
await register.metrics()
await sleep(100)

const blockedFor = 600
for (const end = performance.now() + blockedFor; performance.now() < end; );
blocks.inc()
await sleep(200)
const readers = [await register.metrics()]
await sleep(200)
readers.push(await register.metrics())
const [first, second] = readers.map((text) => value(text, 'nodejs_eventloop_lag_max_seconds'))
const counted = readers.map((text) => value(text, 'blocks_total'))
console.log(`blocked for ${blockedFor} ms; nodejs_eventloop_lag_max_seconds to the first reader: ${first}, to the second: ${second}`)
console.log(`a counter: ${counted.join(' and ')}`)
assert.ok(first > (blockedFor / 1000) * 0.9)
assert.ok(second < first / 2)
assert.deepEqual(counted, [1, 1])
JS
node see.mjs
