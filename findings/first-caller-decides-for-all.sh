#!/usr/bin/env bash
# undici 8.13.1: with the deduplicate interceptor the first of several equal calls decides for the others how long they wait and whether they succeed.
#
# Expected: equal calls under way share one request, and each caller keeps what is its own: its signal, its time limits, its pace of reading.
#           The request goes on as long as somebody waits for it.
# Happens:  the request is that of the first caller, and the others are told what comes of it. Its abort or time limit ends all of them with its
#           error, a limit of one who joined is not kept at all, and when the first does not read its body the others get no further
#           than what fits into the buffers. Of these only the abort is known as a fault (undici #5711, open).
# Seen:     two equal calls, each with its own options:        the first                    the second
#           the first aborts                                  AbortError                   AbortError
#           the second aborts                                 200                          AbortError
#           the first has headersTimeout 1000                 UND_ERR_HEADERS_TIMEOUT      UND_ERR_HEADERS_TIMEOUT
#           the second has headersTimeout 1000                200                          200, after 2.5 s
#           the first does not read 4 MB                      (not read)                   130944 bytes in one second
#           the second does not read 4 MB                     4000000 bytes in one second  (not read)
# Matters:  whoever closes a page or reads over a slow line takes the answer away from all who asked for the same at that moment, and who that is
#           changes each time, under load alone. Share promises of what was read to its end, with no signal, and let callers leave by themselves.
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
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, interceptors, request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`undici 8.13.1, node ${process.version}`)
const size = 4_000_000
let requests = 0
const server = createServer((asked, response) => {
  requests += 1
  if (asked.url === '/large') response.end('x'.repeat(size))
  else setTimeout(() => response.end('done'), asked.url === '/slow' ? 2500 : 300)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${server.address().port}`
const dispatcher = new Agent().compose(interceptors.deduplicate())

const call = async (path, options) => {
  const began = performance.now()
  try {
    const { statusCode, body } = await request(origin + path, { dispatcher, ...options })
    await body.text()
    const seconds = (performance.now() - began) / 1000
    return `${statusCode}${seconds > 1.5 ? `, after ${seconds.toFixed(1)} s` : ''}`
  } catch (error) {
    return error.code?.startsWith?.('UND_') ? error.code : error.name
  }
}
const line = (title, told) => console.log(`${title.padEnd(49)} ${told[0].padEnd(28)} ${told[1]}`.trimEnd())
/** Two calls at a time, of which one has the options. */
const both = (path, which, options) => Promise.all([0, 1].map((nth) => call(path, nth === which ? options : {})))

line('', ['the first', 'the second'])
const names = ['the first', 'the second']
for (const [which, expected] of [
  [0, ['AbortError', 'AbortError']],
  [1, ['200', 'AbortError']],
]) {
  const leaving = new AbortController()
  setTimeout(() => leaving.abort(), 50)
  const told = await both('/', which, { signal: leaving.signal })
  line(`${names[which]} aborts`, told)
  assert.deepEqual(told, expected)
}
for (const [which, expected] of [
  [0, ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']],
  [1, ['200', '200']],
]) {
  const told = await both('/slow', which, { headersTimeout: 1000 })
  line(`${names[which]} has headersTimeout 1000`, which === 0 ? told : [told[0].split(',')[0], told[1]])
  assert.deepEqual(told.map((text) => text.split(',')[0]), expected)
}
for (const which of [0, 1]) {
  const answers = await Promise.all([0, 1].map(() => request(`${origin}/large`, { dispatcher })))
  const reading = answers[1 - which].body
  let bytes = 0
  reading.on('data', (chunk) => (bytes += chunk.length))
  await sleep(1000)
  const told = [0, 1].map((nth) => (nth === which ? '(not read)' : `${bytes} bytes in one second`))
  line(`${names[which]} does not read ${size / 1e6} MB`, told)
  assert.ok(which === 0 ? bytes < size / 4 : bytes === size)
  if (which === 0) {
    // The other goes on as soon as the first reads.
    answers[0].body.resume()
    await once(reading, 'end')
    assert.equal(bytes, size)
  }
}
assert.equal(requests, 6)
process.exit(0)
JS
node_modules/.bin/node see.mjs
