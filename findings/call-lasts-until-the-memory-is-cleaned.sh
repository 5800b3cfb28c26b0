#!/usr/bin/env bash
# @opentelemetry/instrumentation-undici 0.33.0 on Node 26.10.0: a fetch whose answer is not read lasts, in the trace, until memory is cleaned up.
#
# Expected: the span of a call ends when the answer is there, or when the program has gone on; what is thrown away needs no reading.
# Happens:  the span ends with the last byte of the body. Up to 64 kB the body is taken in unasked and all is well. Of a longer one the rest stays in the
#           connection as long as nobody reads or cancels it; the collector of garbage does so in the end, after seconds or hours, and the span
#           has lasted until then. If the process ends before, it has no span.
# Seen:     `if (!response.ok) return` on a 404 with a body; whether the span has ended when a later call's has, and how long it lasted:
#           body of 1 kB:                              ended
#           body of 100 kB:                            open until the garbage is collected, and as long as that
#           body of 100 kB, body.cancel():             ended
#           body of 100 kB, read:                      ended
# Matters:  it is the long pages of errors of a gateway that are not read, so that just the calls that failed are missing from the trace, or the slowest
#           of all in the statistics, and the connection is taken up as long. Write response.body?.cancel() where an answer is dropped.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-undici@0.33.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`@opentelemetry/instrumentation-undici 0.33.0, node ${process.version}`)
const exporter = new InMemorySpanExporter()
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
registerInstrumentations({ instrumentations: [new UndiciInstrumentation()] })
const server = createServer((request, response) => {
  response.statusCode = 404
  response.end('x'.repeat(Number(request.url.slice(1))))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const base = `http://127.0.0.1:${server.address().port}/`
const spanOf = (size) => exporter.getFinishedSpans().find(({ attributes }) => attributes['url.path'] === `/${size}`)

// A process that rests collects no garbage of itself; one that has done so all the same is looked at once more.
const look = async (size, act) => {
  exporter.reset()
  const begin = performance.now()
  await fetch(base + size).then(act)
  await (await fetch(`${base}10`)).text()
  await sleep(300)
  assert.ok(spanOf(10))
  if (spanOf(size)) return 'ended'
  globalThis.gc()
  while (!spanOf(size)) await sleep(10)
  const [seconds, nanoseconds] = spanOf(size).duration
  const lasted = seconds * 1000 + nanoseconds / 1e6
  assert.ok(lasted >= 250 && lasted <= performance.now() - begin + 50)
  return 'open until the garbage is collected, and as long as that'
}
const see = async (title, size, expected, act) => {
  let told
  for (let nth = 0; nth < 5 && told !== expected; nth += 1) told = await look(size, act)
  console.log(`${`${title}:`.padEnd(42)} ${told}`)
  assert.equal(told, expected)
}
const leave = ({ ok }) => assert.equal(ok, false)
const cancel = ({ body }) => body.cancel()
const read = (response) => response.text()
await see('body of 1 kB', 1000, 'ended', leave)
await see('body of 100 kB', 100_000, 'open until the garbage is collected, and as long as that', leave)
await see('body of 100 kB, body.cancel()', 100_000, 'ended', cancel)
await see('body of 100 kB, read', 100_000, 'ended', read)
process.exit()
JS
node_modules/.bin/node --expose-gc see.mjs
