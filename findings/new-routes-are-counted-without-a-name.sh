#!/usr/bin/env bash
# OpenTelemetry SDK 2.12.1 for metrics: after two thousand sets of attributes a counter gives what is new no name any more, until the process ends.
#
# Expected: many sets of attributes cost memory, and show in the bill of who keeps them. What is counted is there under its name.
# Happens:  since version 2 each instrument takes 2000 sets at most. What comes later is added to one set, with otel.metric.overflow alone for an
#           attribute. The sets that came first keep their names, whether they are used or not; nothing is forgotten. There is no line in a log, as
#           the standard level is off.
# Seen:     a counter of calls by route and user; 3000 users call one route, then 100 calls come to a new route:
#           as it comes:                           2000 sets; new route: 0 of 100 calls; without a name: 1101
#           aggregationCardinalityLimit 4000:      3001 sets; new route: 100 of 100 calls; without a name: 0
#           a view that leaves the user out:       2 sets; new route: 100 of 100 calls; without a name: 0
# Matters:  it begins hours after the start, on the busy instances alone: a page that was put into service today has no calls, and the rate of
#           errors of each new status reads nought, while the sum of all is right. A restart mends it. Leave out by a view what has many values.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { AggregationTemporality, createAllowListAttributesProcessor, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'

console.log(`OpenTelemetry SDK 2.12.1, node ${process.version}`)
for (const [title, views, expected] of [
  ['as it comes', [], '2000 sets; new route: 0 of 100 calls; without a name: 1101'],
  ['aggregationCardinalityLimit 4000', [{ instrumentName: 'calls', aggregationCardinalityLimit: 4000 }], '3001 sets; new route: 100 of 100 calls; without a name: 0'],
  [
    'a view that leaves the user out',
    [{ instrumentName: 'calls', attributesProcessors: [createAllowListAttributesProcessor(['route'])] }],
    '2 sets; new route: 100 of 100 calls; without a name: 0',
  ],
]) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader], views })
  const calls = provider.getMeter('script').createCounter('calls')
  for (let user = 0; user < 3000; user += 1) calls.add(1, { route: '/old', user: String(user) })
  for (let nth = 0; nth < 100; nth += 1) calls.add(1, { route: '/new' })
  await provider.forceFlush()
  const { dataPoints } = exporter.getMetrics()[0].scopeMetrics[0].metrics[0]
  const sum = (match) => dataPoints.filter(({ attributes }) => match(attributes)).reduce((total, { value }) => total + value, 0)
  assert.equal(sum(() => true), 3100)
  const seen = `${dataPoints.length} sets; new route: ${sum(({ route }) => route === '/new')} of 100 calls; without a name: ${sum((attributes) => attributes['otel.metric.overflow'])}`
  console.log(`${`${title}:`.padEnd(38)} ${seen}`)
  assert.equal(seen, expected)
  await provider.shutdown()
}
JS
node see.mjs
