#!/usr/bin/env bash
# Node 26.10.0 with pino 10.4.0, OpenTelemetry 2.12.1 and express 5.3.0: if what `using` closes fails too, no log has either of the two errors.
#
# Expected: an error that is thrown while another one is on its way is additional; the first one, which is why the block was left, decides about the
#           answer, and a log shows both, as it shows the cause of an error.
# Happens:  a block with `using` throws a SuppressedError then. It has the error of the closing as `error`, and the first one as `suppressed`, with
#           a text of its own, and no status, no code, no cause. pino follows `cause` and the `errors` of an AggregateError, OpenTelemetry takes
#           message and stack; express looks for a status.
# Seen:     a handler throws "not yours", with the status 403, from a block whose connection fails to close:
#           closing works:     answer 403; pino: not yours; OpenTelemetry: not yours
#           closing fails:     answer 500; pino: An error was suppressed during disposal; OpenTelemetry: the same
#           try and finally:   answer 500; pino: close failed; OpenTelemetry: close failed
# Matters:  connections fail to close when something else has failed before, so it is in the worst hour that every refusal is a 500 and every line
#           says the same thing without a name. Give an error handler and a serializer that unpack `suppressed`, and let what closes never throw.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 pino@10.4.0 express@5.3.0 @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import express from 'express'
import pino from 'pino'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`pino 10.4.0, OpenTelemetry SDK 2.12.1, express 5.3.0, node ${process.version}`)
const lines = []
const log = pino({}, { write: (line) => lines.push(line) })
const exporter = new InMemorySpanExporter()
const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('script')

const fail = () => {
  throw new Error('close failed')
}
const refuse = () => {
  throw Object.assign(new Error('not yours'), { status: 403 })
}
const app = express().set('env', 'test')
app.get('/works', () => {
  using connection = { [Symbol.dispose]() {} }
  refuse(connection)
})
app.get('/fails', () => {
  using connection = { [Symbol.dispose]: fail }
  refuse(connection)
})
app.get('/finally', () => {
  try {
    refuse()
  } finally {
    fail()
  }
})
app.use((error, _request, _response, next) => {
  log.error(error)
  const span = tracer.startSpan('call')
  span.recordException(error)
  span.end()
  next(error)
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')

for (const [title, path, expected] of [
  ['closing works', '/works', 'answer 403; pino: not yours; OpenTelemetry: not yours'],
  ['closing fails', '/fails', 'answer 500; pino: An error was suppressed during disposal; OpenTelemetry: the same'],
  ['try and finally', '/finally', 'answer 500; pino: close failed; OpenTelemetry: close failed'],
]) {
  lines.length = 0
  exporter.reset()
  const { status } = await fetch(`http://127.0.0.1:${server.address().port}${path}`)
  const [line] = lines
  const [{ events }] = exporter.getFinishedSpans()
  const told = events[0].attributes['exception.message']
  if (path === '/fails') {
    for (const text of ['not yours', 'close failed']) assert.ok(!line.includes(text) && !JSON.stringify(events).includes(text))
  }
  const { message } = JSON.parse(line).err
  const seen = `answer ${status}; pino: ${message}; OpenTelemetry: ${path === '/fails' && told === message ? 'the same' : told}`
  console.log(`${`${title}:`.padEnd(18)} ${seen}`)
  assert.equal(seen, expected)
}
server.close()
JS
node_modules/.bin/node see.mjs
