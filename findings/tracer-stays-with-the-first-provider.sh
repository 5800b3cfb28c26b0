#!/usr/bin/env bash
# @opentelemetry/api 1.9.1 with the SDK 2.12.1: a tracer that a module keeps goes on with the first provider after another one was set.
#
# Expected: trace.getTracer() may be called when a module is loaded, before there is a provider; the tracer finds the one that is set when a span
#           begins. So it does, once.
# Happens:  at its first span the tracer takes hold of the provider of that moment, for good. After trace.disable() and another register() it still
#           hands its spans to the first one, which has been shut down and drops them. A tracer that is asked for at each call is right. A meter
#           that is taken before there is a provider never finds one at all.
# Seen:     a first and a second provider, each registered, used for one call and shut down; spans that each exporter has:
#           kept since the module was loaded:      first 1, second 0
#           asked for at each call:                first 1, second 1
#           a counter kept since then:             first 0, second 0
#           a counter asked for after register:    first 1, second 1
# Matters:  tests that set up an exporter each see the spans of the first test and none in those after it, depending on their order; a program that
#           changes its exporter at run time is silent from then on. Metrics by a module-wide counter are missing from the start. Ask for tracers
#           and meters when they are used.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/sdk-metrics@2.12.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { metrics, trace } from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`@opentelemetry/api 1.9.1, SDK 2.12.1, node ${process.version}`)
const tracer = trace.getTracer('module')
const counter = metrics.getMeter('module').createCounter('kept')

const see = async () => {
  const spans = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  provider.register()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] })
  metrics.setGlobalMeterProvider(meters)
  tracer.startSpan('kept').end()
  trace.getTracer('module').startSpan('asked').end()
  counter.add(1)
  metrics.getMeter('module').createCounter('asked').add(1)
  await meters.forceFlush()
  const seen = {
    spans: spans.getFinishedSpans().map(({ name }) => name),
    counters: exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name))),
  }
  await provider.shutdown()
  await meters.shutdown()
  trace.disable()
  metrics.disable()
  return seen
}
const [first, second] = [await see(), await see()]
const say = (title, kind, name, expected) => {
  const count = (seen) => seen[kind].filter((one) => one === name).length
  const told = `first ${count(first)}, second ${count(second)}`
  console.log(`${`${title}:`.padEnd(38)} ${told}`)
  assert.equal(told, expected)
}
say('kept since the module was loaded', 'spans', 'kept', 'first 1, second 0')
say('asked for at each call', 'spans', 'asked', 'first 1, second 1')
say('a counter kept since then', 'counters', 'kept', 'first 0, second 0')
say('a counter asked for after register', 'counters', 'asked', 'first 1, second 1')
JS
node see.mjs
