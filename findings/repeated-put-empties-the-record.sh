#!/usr/bin/env bash
# undici 8.13.1 (and the fetch of Node 26.10.0 with its dispatcher): the retry interceptor repeats a PUT of fetch without its body.
#
# Expected: the retry interceptor sends the same request again. For a body that cannot be sent twice the documents say that the request is
#           rejected, and request() does so.
# Happens:  only streams of node:stream count as consumed. fetch hands every body, a text too, to the dispatcher as an async iterator, which is
#           sent again when it is used up, and yields nothing. The server takes the second PUT for one of an empty document. For a body of
#           known length the caller is told of a length that does not match, after the empty request has gone out; else of a success.
# Seen:     a server that is busy (503) once and then takes what it gets:
#           request(), a text:              caller 200; the server got PUT "hello", PUT "hello"
#           request(), a Readable:          caller UND_ERR_REQ_RETRY; the server got PUT "hello"
#           request(), a ReadableStream:    caller 200; the server got PUT "hello", PUT ""
#           fetch, a text:                  caller UND_ERR_REQ_CONTENT_LENGTH_MISMATCH; the server got PUT "hello", PUT ""
#           fetch, a ReadableStream:        caller 200; the server got PUT "hello", PUT ""
#           Node's fetch, a ReadableStream: caller 200; the server got PUT "hello", PUT ""
# Matters:  the cure for short outages of a storage or an API replaces records by nothing in each of them, and with uploads as streams it calls that
#           a success. Tests against a server that does not fail see none of it. Repeat outside of fetch, or allow GET and HEAD alone by `methods`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import * as undici from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`undici 8.13.1, node ${process.version}`)
let got = []
const server = createServer(async (request, response) => {
  const body = await text(request)
  got.push(`${request.method} ${JSON.stringify(body)}`)
  response.writeHead(got.length === 1 ? 503 : 200).end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/document`

const full = 'PUT "hello"'
const stream = () => new Blob(['hello']).stream()
const mismatch = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
for (const [title, call, body, answer, second] of [
  ['request(), a text', undici.request, 'hello', 200, full],
  ['request(), a Readable', undici.request, Readable.from(['hello']), 'UND_ERR_REQ_RETRY'],
  ['request(), a ReadableStream', undici.request, stream(), 200, 'PUT ""'],
  ['fetch, a text', undici.fetch, 'hello', mismatch, 'PUT ""'],
  ['fetch, a ReadableStream', undici.fetch, stream(), 200, 'PUT ""'],
  ["Node's fetch, a ReadableStream", fetch, stream(), 200, 'PUT ""'],
]) {
  got = []
  const dispatcher = new undici.Agent().compose(undici.interceptors.retry({ minTimeout: 10 }))
  const told = await call(url, { method: 'PUT', body, duplex: 'half', dispatcher }).then(
    ({ status, statusCode }) => status ?? statusCode,
    ({ code, cause }) => code ?? cause.code,
  )
  // The empty request may come after its caller was told.
  for (let tries = 0; tries < 50 && got.length < (second ? 2 : 1); tries += 1) await sleep(20)
  console.log(`${`${title}:`.padEnd(31)} caller ${told}; the server got ${got.join(', ')}`)
  assert.deepEqual([told, got], [answer, second ? [full, second] : [full]])
}
process.exit(0)
JS
node_modules/.bin/node see.mjs
