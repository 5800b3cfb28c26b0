#!/usr/bin/env bash
# undici 8.13.1 (and the fetch of Node 26.10.0): a `100 Continue` that was not asked for ends the request.
#
# Expected: the interim answer is passed over. RFC 9110, 15.2: a client must be able to parse 1xx answers before the final one even if it
#           does not expect one. node:http does, and undici itself does so with 102 and 103.
# Happens:  undici closes the connection with SocketError "bad response"; the 200 behind it is lost.
# Seen:     100: node:http 200, undici UND_ERR_SOCKET bad response, fetch UND_ERR_SOCKET bad response
#           103: node:http 200, undici 200, fetch 200
# Matters:  a server or proxy that always sends 100 works with every other client. Here a call fails that the server has carried out,
#           and a caller who then repeats it carries it out twice.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" undici@8.13.1 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/undici/package.json', 'utf8'))
console.log(`undici ${version}, node ${process.version} with undici ${process.versions.undici}`)

const interim = { 100: 'Continue', 102: 'Processing', 103: 'Early Hints' }
const told = (error) => [error.code, error.message].join(' ')
const clients = {
  'node:http': async (url) => {
    const [answer] = await once(http.get(url, { agent: false }), 'response')
    answer.resume()
    return answer.statusCode
  },
  undici: (url) => request(url).then(async ({ statusCode, body }) => (await body.dump(), statusCode), told),
  fetch: (url) => fetch(url).then(async (answer) => (await answer.text(), answer.status), ({ cause }) => told(cause)),
}

const seen = {}
for (const [status, phrase] of Object.entries(interim)) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} ${phrase}\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok`))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  seen[status] = {}
  for (const [name, call] of Object.entries(clients)) seen[status][name] = await call(`http://127.0.0.1:${server.address().port}/`)
  server.close()
  console.log(`${status}: ${Object.entries(seen[status]).map((pair) => pair.join(' ')).join(', ')}`)
}

const passed = { 'node:http': 200, undici: 200, fetch: 200 }
const refused = 'UND_ERR_SOCKET bad response'
assert.deepEqual(seen, { 100: { 'node:http': 200, undici: refused, fetch: refused }, 102: passed, 103: passed })
JS
node_modules/.bin/node see.mjs
