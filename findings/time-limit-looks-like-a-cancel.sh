#!/usr/bin/env bash
# Node 26.10.0, undici 8.13.1, axios 1.21.1 and got 16.1.0: when AbortSignal.timeout() has run out, half of them say that somebody gave the call up.
#
# Expected: who hands a signal over gets its reason back, as the standard has it: a TimeoutError if the time was up, an AbortError if somebody gave
#           up. That is what the two names are for.
# Happens:  fetch, undici and web streams throw the reason. Node's own functions throw a new AbortError, "The operation was aborted", with the
#           reason as its cause. axios throws a CanceledError, "canceled", that knows of no time; got makes a TimeoutError of its own.
# Seen:     a service that does not answer, or an event that does not come, and AbortSignal.timeout(50):
#           fetch, undici.request, pipeTo() of web streams:                      TimeoutError
#           http.get, events.once, stream pipeline, timers/promises, execFile:   AbortError ABORT_ERR, the cause a TimeoutError
#           axios:                                                               CanceledError ERR_CANCELED, no cause
#           got:                                                                 TimeoutError ETIMEDOUT, the cause a TimeoutError
# Matters:  "the user has left, say nothing" is what one writes for AbortError and CanceledError. So a service that has stopped answering is in no log
#           and in no count of failures, opens no circuit and is not asked again, once http.get or axios is what asks it; and a step of
#           a call that waits by timers/promises is told differently from the step after it. Ask the signal, not the error:
#           `signal.reason?.name === 'TimeoutError'`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1 axios@1.21.1 got@16.1.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createServer, get } from 'node:http'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import axios from 'axios'
import got from 'got'
import { request } from 'undici'

console.log(`node ${process.version}, undici 8.13.1, axios 1.21.1, got 16.1.0`)
// A signal's timer alone keeps no process alive.
setTimeout(() => process.exit(1), 30_000)

const server = createServer(() => {}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`

const reason = 'TimeoutError'
const anew = 'AbortError ABORT_ERR, the cause a TimeoutError'
for (const [name, call, expected] of [
  ['fetch', (signal) => fetch(url, { signal }), reason],
  ['undici.request', (signal) => request(url, { signal }), reason],
  ['pipeTo() of web streams', (signal) => new ReadableStream().pipeTo(new WritableStream(), { signal }), reason],
  ['http.get', (signal) => new Promise((settle, fail) => get(url, { signal }, settle).on('error', fail)), anew],
  ['events.once', (signal) => once(new EventEmitter(), 'never', { signal }), anew],
  ['stream pipeline', (signal) => pipeline(new PassThrough(), new PassThrough(), { signal }), anew],
  ['timers/promises', (signal) => sleep(10_000, undefined, { signal }), anew],
  ['execFile', (signal) => promisify(execFile)('sleep', ['10'], { signal }), anew],
  ['axios', (signal) => axios.get(url, { signal }), 'CanceledError ERR_CANCELED, no cause'],
  ['got', (signal) => got(url, { signal, retry: { limit: 0 } }), 'TimeoutError ETIMEDOUT, the cause a TimeoutError'],
]) {
  const signal = AbortSignal.timeout(50)
  const error = await call(signal).then(() => assert.fail('nothing thrown'), (error) => error)
  // The reason itself has the number of a DOMException for a code.
  const seen = error === signal.reason ? error.name : `${error.name} ${error.code}, ${error.cause ? `the cause a ${error.cause.name}` : 'no cause'}`
  console.log(`${`${name}:`.padEnd(26)} ${seen}`)
  assert.equal(seen, expected)
  assert.equal(signal.reason.name, 'TimeoutError')
}
process.exit()
JS
node_modules/.bin/node see.mjs
