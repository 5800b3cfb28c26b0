#!/usr/bin/env bash
# @opentelemetry/sdk-trace-base 2.12.1 and pino 10.4.0 with Node 26.10.0: of a fetch that failed a trace tells "fetch failed", and a log has no code.
#
# Expected: recordException() and logger.error() write down what is known of an error. For fetch that is all in its cause: the code ECONNREFUSED,
#           ENOTFOUND or UND_ERR_SOCKET, and the address; the error itself is a TypeError "fetch failed" each time.
# Happens:  recordException() takes type, message and stack of the error alone, and V8's stack has no cause in it. pino puts the messages of causes
#           together in one text, and leaves out their properties, code among them. console.error shows all.
# Seen:     fetch of a port where nobody listens (ECONNREFUSED), and of a service that closes the connection (UND_ERR_SOCKET):
#           exception.message, exception.stacktrace:   fetch failed, in both, and neither code anywhere
#           pino, err.message:                         fetch failed: connect ECONNREFUSED 127.0.0.1:PORT, then fetch failed: other side closed
#           pino, code:                                in no field
#           console.error:                             both codes
# Matters:  "is the name wrong, the service away or the connection cut" is what one opens a trace for, and what alarms are made by. All three are one
#           error there, of a class that stands for mistakes in programs. Record error.cause, and give pino a serializer
#           (pino.stdSerializers.errWithCause).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 @opentelemetry/api@1.9.1 \
  @opentelemetry/sdk-trace-base@2.12.1 pino@10.4.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import pino from 'pino'

console.log(`@opentelemetry/sdk-trace-base 2.12.1, pino 10.4.0, node ${process.version}`)
setTimeout(() => process.exit(1), 30_000).unref()

const exporter = new InMemorySpanExporter()
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('of this script')
const lines = []
const stream = { write: (line) => lines.push(JSON.parse(line)) }
const plain = pino({}, stream)
const whole = pino({ serializers: { err: pino.stdSerializers.errWithCause } }, stream)

const cutting = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1')
await once(cutting, 'listening')
const free = createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
await new Promise((closed) => free.close(closed))

for (const [address, code, message] of [
  [port, 'ECONNREFUSED', `connect ECONNREFUSED 127.0.0.1:${port}`],
  [cutting.address().port, 'UND_ERR_SOCKET', 'other side closed'],
]) {
  const error = await fetch(`http://127.0.0.1:${address}/`).then(() => assert.fail('answered'), (error) => error)
  assert.equal(error.cause.code, code)

  const span = tracer.startSpan('call')
  span.recordException(error)
  span.end()
  const [{ attributes }] = exporter.getFinishedSpans().at(-1).events
  console.log(`${code}: a trace has ${attributes['exception.type']}, "${attributes['exception.message']}"`)
  assert.equal(attributes['exception.message'], 'fetch failed')
  assert.ok(!JSON.stringify(attributes).includes(message) && !JSON.stringify(attributes).includes(code))

  plain.error(error)
  const { err } = lines.at(-1)
  console.log(`${code}: pino has ${err.type}, "${err.message}", code ${err.code ?? err.cause?.code ?? 'nowhere'}`)
  assert.equal(err.message, `fetch failed: ${message}`)
  assert.deepEqual(Object.keys(err).sort(), ['message', 'stack', 'type'])
  assert.ok(inspect(error).includes(`code: '${code}'`))

  whole.error(error)
  assert.equal(lines.at(-1).err.cause.code, code)
}
process.exit()
JS
node_modules/.bin/node see.mjs
