#!/usr/bin/env bash
# prom-client 15.1.3: one gauge that cannot be read takes every other metric away, as long as what it reads is down.
#
# Expected: a gauge with an asynchronous collect(), as for the length of a queue, is left out when that fails, and the others are there. The page of
#           metrics is what one looks at when something is down.
# Happens:  metrics() awaits all of them and fails with the first that fails; a collect() that does not come to an end holds the page up, without a
#           limit of time. OpenTelemetry's SDK leaves out what failed, names the error, and has a limit for the time.
# Seen:     a counter, and a gauge whose collect() reads a queue that is away:
#           prom-client, collect() throws:       metrics() fails: the queue is away
#           prom-client, collect() waits:        metrics() waits (given up after two seconds)
#           OpenTelemetry, callback throws:      the counter is there, and 1 error is told
#           OpenTelemetry, callback waits:       the counter is there, and 1 error is told
# Matters:  Redis is away, the gauge of its queue fails, and so errors, times and memory of the whole service are gone at that minute: the alarm that comes
#           is "no data" for each service that has such a gauge, whatever else. Catch in collect(), with a limit of time, and reset() the
#           gauge there, or the last value stays.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 prom-client@15.1.3 @opentelemetry/sdk-metrics@2.12.1 \
  @opentelemetry/api@1.9.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import client from 'prom-client'

console.log(`prom-client 15.1.3, @opentelemetry/sdk-metrics 2.12.1, node ${process.version}`)
setTimeout(() => process.exit(1), 30_000).unref()
const fails = async () => {
  throw new Error('the queue is away')
}
const waits = () => new Promise(() => {})

const prometheus = async (collect) => {
  const registry = new client.Registry()
  const registers = [registry]
  new client.Counter({ name: 'calls', help: 'Calls', registers }).inc()
  new client.Gauge({ name: 'queue', help: 'Length of the queue', registers, collect })
  const told = registry.metrics().then((text) => `metrics() has ${text}`, ({ message }) => `metrics() fails: ${message}`)
  return Promise.race([told, sleep(2000, 'metrics() waits')])
}
class Reader extends MetricReader {
  async onShutdown() {}
  async onForceFlush() {}
}
const telemetry = async (callback) => {
  const reader = new Reader()
  const meter = new MeterProvider({ readers: [reader] }).getMeter('of this script')
  meter.createCounter('calls').add(1)
  meter.createObservableGauge('queue').addCallback(callback)
  const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: 1000 })
  const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.filter(({ dataPoints }) => dataPoints.length > 0))
  assert.deepEqual(names.map(({ descriptor }) => descriptor.name), ['calls'])
  return `the counter is there, and ${errors.length} error is told`
}
for (const [title, see, expected] of [
  ['prom-client, collect() throws', prometheus(fails), 'metrics() fails: the queue is away'],
  ['prom-client, collect() waits', prometheus(waits), 'metrics() waits'],
  ['OpenTelemetry, callback throws', telemetry(fails), 'the counter is there, and 1 error is told'],
  ['OpenTelemetry, callback waits', telemetry(waits), 'the counter is there, and 1 error is told'],
]) {
  const seen = await see
  console.log(`${`${title}:`.padEnd(33)} ${seen}`)
  assert.equal(seen, expected)
}
process.exit()
JS
node_modules/.bin/node see.mjs
