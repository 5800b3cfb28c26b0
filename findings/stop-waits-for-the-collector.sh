#!/usr/bin/env bash
# @opentelemetry/sdk-trace-node 2.12.1 with its OTLP exporter 0.223.1: with a collector that is away, each stop of a service takes six to ten seconds.
#
# Expected: shutdown() of the provider hands over the last spans, or fails at once where nobody listens; a refused connection is known
#           within a millisecond.
# Happens:  the exporter takes a refused connection, like a 503, for something that passes, and tries again with growing pauses until its ten
#           seconds (timeoutMillis) are nearly over, and the process waits for that. One span that has not been sent is enough; without
#           one, shutdown() is done at once. Then it rejects, though the service did nothing wrong.
# Seen:     shutdown() after one span:
#           nobody listens:                     rejects after 5 s or more: ECONNREFUSED
#           the collector answers 503:          rejects after 5 s or more: Export failed with retryable status
#           the collector does not answer:      rejects after 5 s or more: Request timed out
#           nobody listens, timeoutMillis 500:  rejects after less than 2 s: ECONNREFUSED
#           nobody listens, no span:            done after less than 2 s
# Matters:  Docker kills after ten seconds, so what a service does after that at its stop (draining, closing the database) is not done any more, and a
#           release of many replicas takes minutes longer, just when the monitoring is down. Bound the exporter, stop it last, catch its error.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/exporter-trace-otlp-http@0.223.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`@opentelemetry/sdk-trace-node 2.12.1, exporter-trace-otlp-http 0.223.1, node ${process.version}`)
const serve = async (handler) => {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const busy = await serve((request, response) => request.resume().on('end', () => response.writeHead(503).end()))
const silent = await serve(() => {})
const gone = await serve(() => {})
const ports = { busy: busy.address().port, silent: silent.address().port, gone: gone.address().port }
await new Promise((closed) => gone.close(closed))

const stop = async (port, spans, options) => {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces`, ...options })
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  for (let nth = 0; nth < spans; nth += 1) provider.getTracer('service').startSpan('work').end()
  const began = performance.now()
  const error = await provider.shutdown().then(
    () => undefined,
    (failure) => failure,
  )
  const seconds = (performance.now() - began) / 1000
  const wait = seconds < 2 ? 'less than 2 s' : seconds > 5 ? '5 s or more' : `${seconds} s`
  return `${error ? 'rejects' : 'done'} after ${wait}${error ? `: ${/ECONNREFUSED|Export failed with retryable status|Request timed out/.exec(error.message)}` : ''}`
}
const cases = [
  ['nobody listens', ports.gone, 1, {}, 'rejects after 5 s or more: ECONNREFUSED'],
  ['the collector answers 503', ports.busy, 1, {}, 'rejects after 5 s or more: Export failed with retryable status'],
  ['the collector does not answer', ports.silent, 1, {}, 'rejects after 5 s or more: Request timed out'],
  ['nobody listens, timeoutMillis 500', ports.gone, 1, { timeoutMillis: 500 }, 'rejects after less than 2 s: ECONNREFUSED'],
  ['nobody listens, no span', ports.gone, 0, {}, 'done after less than 2 s'],
]
const told = await Promise.all(cases.map(([, port, spans, options]) => stop(port, spans, options)))
for (const [nth, [title, , , , expected]] of cases.entries()) {
  console.log(`${`${title}:`.padEnd(35)} ${told[nth]}`)
  assert.equal(told[nth], expected)
}
process.exit(0)
JS
node see.mjs
