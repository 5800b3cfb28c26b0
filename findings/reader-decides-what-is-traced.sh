#!/usr/bin/env bash
# OpenTelemetry SDK 2.12.1 with @opentelemetry/instrumentation-http 0.223.0: who calls from outside decides whether the server records a trace.
#
# Expected: a server that is set to record each call records each call; the header traceparent says to which trace a call belongs.
# Happens:  its last two digits say besides whether the caller records. The default sampler, parentbased_always_on, is always on only for calls without the
#           header; with it the caller's answer holds for everything below, calls that fail included. There is no warning and no number of what was
#           left out.
# Seen:     a server without a setting, and what it has recorded of a call that it answered 500:
#           no traceparent:                                    1 span
#           traceparent …-01:                                  1 span
#           traceparent …-00:                                  none
#           traceparent …-00, OTEL_TRACES_SAMPLER=always_on:   1 span
# Matters:  a page whose monitoring samples one visit in a hundred takes the other ninety-nine out of the server's traces as well, from the day on which it
#           sends the header; a browser extension or a proxy in between does so for single people, whose errors then cannot be found. At a
#           border of one's own, set always_on or a ratio, or do not take the header from outside.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0

cat >see.cjs <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node')

const exporter = new InMemorySpanExporter()
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] })

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')

setTimeout(() => process.exit(1), 30_000).unref()
const { OTEL_TRACES_SAMPLER: sampler } = process.env
if (!sampler) console.log(`OpenTelemetry SDK 2.12.1, instrumentation-http 0.223.0, node ${process.version}`)
const main = async () => {
  const server = http.createServer((_, response) => {
    response.statusCode = 500
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}/`
  const see = async (title, traceparent, expected) => {
    exporter.reset()
    assert.equal((await fetch(url, { headers: traceparent ? { traceparent } : {} })).status, 500)
    // The span of a call before has ended when the answer of the next one is there.
    await fetch(url, { headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00' }, method: 'HEAD' })
    const told = exporter.getFinishedSpans().filter(({ attributes }) => (attributes['http.request.method'] ?? attributes['http.method']) === 'GET').length
    console.log(`${`${title}:`.padEnd(50)} ${told > 0 ? '1 span' : 'none'}`)
    assert.equal(told, expected)
  }
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
  if (sampler) {
    await see('traceparent …-00, OTEL_TRACES_SAMPLER=always_on', `${parent}-00`, 1)
  } else {
    await see('no traceparent', undefined, 1)
    await see('traceparent …-01', `${parent}-01`, 1)
    await see('traceparent …-00', `${parent}-00`, 0)
  }
  process.exit()
}
main()
JS
node see.cjs
OTEL_TRACES_SAMPLER=always_on node see.cjs
