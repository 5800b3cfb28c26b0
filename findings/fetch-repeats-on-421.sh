#!/usr/bin/env bash
# Node 26.10.0, the global fetch, and fetch of undici 8.13.1: a DELETE or POST answered 421 is sent twice, and with `redirect: 'error'`
# the second POST has lost its body.
#
# Expected: fetch sends what is not idempotent once; nobody set a retry. `redirect` decides about redirects, and 421 is none.
# Happens:  on 421 (Misdirected Request) the request goes out again on a new connection, as the Fetch standard has it ("HTTP-network-or-cache
#           fetch"); the caller sees one answer. With `redirect: 'error'` the request is not copied before its body is read, so the second
#           POST comes with `Content-Length: 0`, and the caller gets "fetch failed" instead of the status. request() sends once.
# Seen, by both fetches:
#           DELETE, redirect follow: 421, the server got [DELETE] [DELETE]
#           DELETE, redirect error:  421, the server got [DELETE] [DELETE]
#           POST, redirect follow:   421, the server got [POST 8 bytes] [POST 8 bytes]
#           POST, redirect error:    UND_ERR_REQ_CONTENT_LENGTH_MISMATCH, the server got [POST 8 bytes] [POST 0 bytes]
# Matters:  who counts, journals or limits calls at the caller counts one where the server got two, and the careful setting against
#           redirects adds an empty POST that nobody wrote.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" undici@8.13.1 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch as undiciFetch, request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/undici/package.json', 'utf8'))
console.log(`undici ${version}, node ${process.version} with undici ${process.versions.undici}`)

const got = []
const connections = new Set()
const server = createServer(async (incoming, response) => {
  connections.add(incoming.socket)
  const length = incoming.headers['content-length']
  got.push(length === undefined ? `[${incoming.method}]` : `[${incoming.method} ${length} bytes]`)
  for await (const _ of incoming);
  response.writeHead(421).end()
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const url = `http://127.0.0.1:${server.address().port}/orders/7`

const clients = {
  'global fetch': (options) => fetch(url, options).then(({ status }) => status),
  'undici fetch': (options) => undiciFetch(url, options).then(({ status }) => status),
  'undici request': ({ redirect, ...options }) => request(url, options).then(({ statusCode }) => statusCode),
}
const seen = async (client, options) => {
  got.length = 0
  connections.clear()
  const result = await clients[client](options).catch(({ cause }) => cause.code)
  await sleep(200)
  assert.equal(connections.size, got.length)
  console.log(`${client}: ${options.method}, redirect ${options.redirect}: ${result}, the server got ${got.join(' ')}`)
  return `${result} ${got.join(' ')}`
}

const post = { method: 'POST', body: 'amount=1' }
for (const client of ['global fetch', 'undici fetch']) {
  for (const redirect of ['follow', 'error']) assert.equal(await seen(client, { method: 'DELETE', redirect }), '421 [DELETE] [DELETE]')
  assert.equal(await seen(client, { ...post, redirect: 'follow' }), '421 [POST 8 bytes] [POST 8 bytes]')
  assert.equal(await seen(client, { ...post, redirect: 'error' }), 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH [POST 8 bytes] [POST 0 bytes]')
}
assert.equal(await seen('undici request', { method: 'DELETE', redirect: '(none)' }), '421 [DELETE]')
assert.equal(await seen('undici request', { ...post, redirect: '(none)' }), '421 [POST 8 bytes]')
server.close()
server.closeAllConnections()
JS
node_modules/.bin/node see.mjs
