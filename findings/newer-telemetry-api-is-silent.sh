#!/usr/bin/env bash
# @opentelemetry/api 1.10.0 beside the SDK 2.12.1: a library that calls a newer API than the one that the SDK brought records no span, and nothing says so.
#
# Expected: the API is meant to be called by libraries and the SDK to be chosen by the program; the newest API works with any SDK of a major
#           version, or says that it does not.
# Happens:  the SDK's peer range ends below 1.10, so npm gives it 1.9.1 of its own and the library 1.10.0. The SDK registers itself through
#           its copy. The library's copy finds a global of an earlier minor version than its own, takes it for incompatible, and hands out
#           spans that do nothing. The other way round, an older API beside a newer global, works.
# Seen:     api 1.10.0: recording false, spans exported 0
#           api 1.9.1:  recording true, spans exported 1
# Matters:  an update of one minor version in a library turns its traces off in every program whose SDK is older, without an error, a warning
#           of npm or a failing build. A library that only calls the API pins the lowest minor version it needs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --legacy-peer-deps --prefix "$folder" \
  @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/api@1.9.1 newer@npm:@opentelemetry/api@1.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import * as older from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import * as newer from 'newer'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`@opentelemetry/api 1.9.1 and 1.10.0, @opentelemetry/sdk-trace-base 2.12.1, node ${process.version}`)
const exporter = new InMemorySpanExporter()
// As the SDK does it: through the copy of the API that it has.
older.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))

const see = (name, api) => {
  exporter.reset()
  const span = api.trace.getTracer('library').startSpan('work')
  const recording = span.isRecording()
  span.end()
  const exported = exporter.getFinishedSpans().length
  console.log(`${name}: recording ${recording}, spans exported ${exported}`)
  return { recording, exported }
}
assert.deepEqual(see('api 1.10.0', newer), { recording: false, exported: 0 })
assert.deepEqual(see('api 1.9.1', older), { recording: true, exported: 1 })
JS
node see.mjs
