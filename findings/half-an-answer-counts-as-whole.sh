#!/usr/bin/env bash
# Node 26.10.0, its fetch, and undici 8.13.1: over HTTP/2, which they now choose by themselves, an answer that breaks off is taken for whole.
#
# Expected: a body that ends before the server has said that it ends rejects text(), json() and the like, as over HTTP/1.1. RFC 9110, 6.1
#           and RFC 9113, 8.1: an answer is complete when its last frame says so; a stream that is reset before has not come to its end.
# Happens:  when the server resets the stream with NO_ERROR or CANCEL, the body just ends. response.destroy(), the way to give up a half-sent
#           answer, resets with NO_ERROR in Node. Only other codes are errors, and a body shorter than its Content-Length is one. HTTP/2 is chosen
#           without being asked for since undici 8, wherever the server offers it.
# Seen, by request() and by Node's own fetch alike:
#           HTTP/1.1, response.destroy():   UND_ERR_SOCKET
#           HTTP/2, response.destroy():     200, "id,name\n1,Mina\n"
#           HTTP/2, reset with CANCEL:      200, "id,name\n1,Mina\n"
#           HTTP/2, reset with INTERNAL:    ERR_HTTP2_STREAM_ERROR
#           HTTP/2, with Content-Length:    UND_ERR_RES_CONTENT_LENGTH_MISMATCH
# Matters:  exports and lists that are streamed have no Content-Length. Where half of one was a failure and was fetched again, an update of Node
#           makes it a file with fewer rows. `allowH2: false`, or a last line that says it is the last.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1 selfsigned@5.5.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { setDefaultCACertificates } from 'node:tls'
import { generate } from 'selfsigned'
import { Agent, request } from 'undici'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`undici 8.13.1, node ${process.version} with undici ${process.versions.undici}`)

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = http2.constants
const ways = {
  '/destroy': (response) => response.destroy(),
  '/cancel': (response) => response.stream.close(NGHTTP2_CANCEL),
  '/internal': (response) => response.stream.close(NGHTTP2_INTERNAL_ERROR),
  '/length': (response) => response.destroy(),
}
const half = 'id,name\n1,Mina\n'
const names = [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]
const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { extensions: names })
const protocols = new Set()
const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (incoming, response) => {
  protocols.add(incoming.httpVersion)
  response.writeHead(200, { 'content-type': 'text/csv', ...(incoming.url === '/length' && { 'content-length': 1000 }) })
  // The second half is never written.
  response.write(half, () => setTimeout(ways[incoming.url], 50, response))
})
server.on('sessionError', () => {})
await once(server.listen(0, 'localhost'), 'listening')
const url = `https://localhost:${server.address().port}`

const told = (error) => error.code ?? error.cause?.code ?? error.message
const read = async (status, body) => `${status}, ${JSON.stringify(await body)}`
const byRequest = (options) => {
  const dispatcher = new Agent({ connect: { ca: cert }, ...options })
  return (path) => request(url + path, { dispatcher }).then(({ statusCode, body }) => read(statusCode, body.text())).catch(told)
}
const byFetch = (path) => fetch(url + path).then((answer) => read(answer.status, answer.text())).catch(told)
const look = async (title, expected, ...answers) => {
  const seen = await Promise.all(answers)
  console.log(`${`${title}:`.padEnd(31)} ${seen.join(' | ')}`)
  assert.deepEqual(seen, seen.map(() => expected))
}

const whole = `200, ${JSON.stringify(half)}`
setDefaultCACertificates([cert])
await look('HTTP/1.1, response.destroy()', 'UND_ERR_SOCKET', byRequest({ allowH2: false })('/destroy'))
assert.deepEqual([...protocols], ['1.1'])
protocols.clear()
const both = (path) => [byRequest()(path), byFetch(path)]
await look('HTTP/2, response.destroy()', whole, ...both('/destroy'))
await look('HTTP/2, reset with CANCEL', whole, ...both('/cancel'))
await look('HTTP/2, reset with INTERNAL', 'ERR_HTTP2_STREAM_ERROR', ...both('/internal'))
await look('HTTP/2, with Content-Length', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ...both('/length'))
assert.deepEqual([...protocols], ['2.0'])
process.exit(0)
JS
node_modules/.bin/node see.mjs
