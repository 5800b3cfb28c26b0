#!/usr/bin/env bash
# OpenTelemetry SDK 2.12.1: of five thousand spans that end in one turn the batch processor keeps half, and no log says so.
#
# Expected: BatchSpanProcessor collects spans and sends five hundred at a time; as soon as there are so many, a batch goes out, and makes room.
# Happens:  a batch is taken out in a later turn of the process. Until then spans pile up, to 2048, and what ends beyond that is dropped. `await` of
#           what is there already is no such turn. The number of what was dropped goes to diag, which is silent unless one has set a logger.
# Seen:     5000 spans that end one after another, and how many of them are exported:
#           in one turn:                        2560
#           with an await of a kept value:      2560
#           a turn after each hundred:          5000
#           in one turn, maxQueueSize 8192:     5000
# Matters:  it is the loop over the rows of a large answer, or a page of keys that were all in the cache, of which the trace has the first half and
#           not the end, in which the error was; sums by spans are too low exactly for the large calls. Raise maxQueueSize, and set diag.setLogger()
#           for warnings.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`OpenTelemetry SDK 2.12.1, node ${process.version}`)
const kept = Promise.resolve('value')
const see = async (title, between, isWhole, options) => {
  const exporter = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, options)] })
  const tracer = provider.getTracer('script')
  for (let nth = 0; nth < 5000; nth += 1) {
    tracer.startSpan('row').end()
    const wait = between?.(nth)
    if (wait) await wait
  }
  await provider.forceFlush()
  const { length } = exporter.getFinishedSpans()
  console.log(`${`${title}:`.padEnd(35)} ${length}`)
  assert.ok(isWhole ? length === 5000 : length < 2600)
  await provider.shutdown()
}
await see('in one turn', undefined, false)
await see('with an await of a kept value', () => kept, false)
await see('a turn after each hundred', (nth) => nth % 100 === 0 && turn(), true)
await see('in one turn, maxQueueSize 8192', undefined, true, { maxQueueSize: 8192 })
JS
node see.mjs
