#!/usr/bin/env bash
# Node 26.10.0 and undici 8.13.1: while a body of more than 10 MB is on its way over HTTP/2, every other call to the same host fails.
#
# Expected: over HTTP/2 calls share a connection and do not disturb each other; a long upload at most makes the others slower.
# Happens:  a session of node:http2 has maxSessionMemory, 10 MB by default, in which it counts what it has yet to send. While that is more, it takes no
#           header in: it resets the stream of each answer with ENHANCE_YOUR_CALM, the code by which servers say "you ask too much". undici uses
#           HTTP/2 by itself since version 8, writes bodies without waiting, and cannot be told another size. The upload goes well. A server of
#           node:http2 does the same to the requests beside an answer that it has in one piece and its reader has not.
# Seen:     a POST that the service does not read yet, and three GETs beside it:
#           fetch, 9 MB:                              200, 200, 200; the upload 200
#           fetch, 12 MB:                             ENHANCE_YOUR_CALM three times; the upload 200
#           fetch, 12 MB as a stream:                 ENHANCE_YOUR_CALM three times; the upload 200
#           fetch, 12 MB, an Agent for uploads:       200, 200, 200; the upload 200
#           fetch, 12 MB, HTTP/1.1 (allowH2: false):  200, 200, 200; the upload 200
#           node:http2, 12 MB:                        ENHANCE_YOUR_CALM three times; the upload 200
#           node:http2, 12 MB, maxSessionMemory 100:  200, 200, 200; the upload 200
#           a server's end(12 MB), not read yet:      ENHANCE_YOUR_CALM three times; the answer 200
#           the same, maxSessionMemory 100:           200, 200, 200; the answer 200
# Matters:  a backend sends one large file over a line that is not quick, and for those seconds all of its calls to that service fail, of all users; the
#           service has carried each of them out, logs success, and is blamed for throttling. An early 413 to the upload itself is lost in
#           the same way. On loopback with a service that reads at once there is nothing of it. Send large bodies by an Agent of their own.
# Needs openssl.
set -euo pipefail
command -v openssl >/dev/null || {
  echo 'openssl is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createSecureServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch } from 'undici'

console.log(`node ${process.version}, undici 8.13.1`)
setTimeout(() => process.exit(1), 60_000).unref()
const ca = readFileSync('certificate.pem')
const signs = new EventEmitter()
let answered = 0
const server = createSecureServer({ key: readFileSync('key.pem'), cert: ca, allowHTTP1: true }, async (request, response) => {
  if (request.method === 'POST') {
    const read = once(signs, 'read')
    signs.emit('upload')
    await read
    for await (const _ of request);
  } else answered += 1
  response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `https://127.0.0.1:${server.address().port}/`

/** What becomes of three calls while a body is on its way, and of the body. */
const see = async (upload, call) => {
  await call()
  const arrived = once(signs, 'upload')
  const body = upload()
  await arrived
  // What is sent before the service's window is full.
  await sleep(300)
  answered = 0
  const seen = []
  for (let count = 0; count < 3; count++) seen.push(await call())
  assert.equal(answered, 3)
  signs.emit('read')
  const told = new Set(seen).size === 1 && seen[0] !== 200 ? `${seen[0]} three times` : seen.join(', ')
  return `${told}; the upload ${await body}`
}
const failure = ({ code, message, cause }) => {
  assert.equal(cause?.code ?? code, 'ERR_HTTP2_STREAM_ERROR')
  return /NGHTTP2_(\w+)/.exec(cause?.message ?? message)[1]
}
const byFetch = (size, { stream, own, ...options } = {}) => {
  const dispatcher = new Agent({ connect: { ca }, ...options })
  const uploads = own ? new Agent({ connect: { ca } }) : dispatcher
  const text = 'x'.repeat(size)
  const body = stream ? { body: new Blob([text]).stream(), duplex: 'half' } : { body: text }
  const status = (init) => fetch(url, init).then(async (response) => (await response.text(), response.status), failure)
  return see(() => status({ method: 'POST', dispatcher: uploads, ...body }), () => status({ dispatcher }))
}
const byNode = (size, options) => {
  const session = connect(url, { ca, ...options })
  const status = (method, body) =>
    new Promise((settle) => {
      const request = session.request({ ':method': method, ':path': '/' })
      request.on('response', (headers) => settle(headers[':status'])).on('error', (error) => settle(failure(error)))
      request.resume().end(body)
    })
  return see(() => status('POST', Buffer.alloc(size)), () => status('GET'))
}
/** The other way round: an answer that waits for its reader. */
const byServer = async (size, options) => {
  const server = createSecureServer({ key: readFileSync('key.pem'), cert: ca, ...options }, (request, response) =>
    response.end(request.url === '/large' ? Buffer.alloc(size) : ''),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dispatcher = new Agent({ connect: { ca } })
  const get = (path) => fetch(`https://127.0.0.1:${server.address().port}${path}`, { dispatcher })
  const large = await get('/large')
  // What is sent before the reader's window is full.
  await sleep(300)
  const seen = []
  for (let count = 0; count < 3; count++) seen.push(await get('/').then(async (response) => (await response.text(), response.status), failure))
  assert.equal((await large.arrayBuffer()).byteLength, size)
  return `${seen[0] === 200 ? seen.join(', ') : `${seen[0]} three times`}; the answer ${large.status}`
}
const well = '200, 200, 200; the upload 200'
const calm = 'ENHANCE_YOUR_CALM three times; the upload 200'
for (const [title, act, expected] of [
  ['fetch, 9 MB', () => byFetch(9e6), well],
  ['fetch, 12 MB', () => byFetch(12e6), calm],
  ['fetch, 12 MB as a stream', () => byFetch(12e6, { stream: true }), calm],
  ['fetch, 12 MB, an Agent for uploads', () => byFetch(12e6, { own: true }), well],
  ['fetch, 12 MB, HTTP/1.1', () => byFetch(12e6, { allowH2: false }), well],
  ['node:http2, 12 MB', () => byNode(12e6), calm],
  ['node:http2, 12 MB, maxSessionMemory 100', () => byNode(12e6, { maxSessionMemory: 100 }), well],
  ["a server's end(12 MB), not read yet", () => byServer(12e6), calm.replace('upload', 'answer')],
  ['the same, maxSessionMemory 100', () => byServer(12e6, { maxSessionMemory: 100 }), well.replace('upload', 'answer')],
]) {
  const seen = await act()
  console.log(`${`${title}:`.padEnd(41)} ${seen}`)
  assert.equal(seen, expected)
}
process.exit()
JS
node_modules/.bin/node see.mjs
