#!/usr/bin/env bash
# smooch-core 8.11.4 (the vendor's client for v1.1) on Node 26.10.0: each call makes a TLS connection of its own, although Node keeps them.
#
# Expected: since version 19 connections of Node's own agent are kept, and a client that sets nothing has the benefit.
# Happens:  the library calls by node-fetch 1.7.2, which asks for `Connection: close` whenever it has been given no agent; https.globalAgent and its
#           keepAlive do not matter. The client has no timeout either.
# Seen:     100 reads of a user, one after another, of a service with TLS:
#           smooch-core as it comes:                     100 connections
#           with https.globalAgent of keepAlive:         100 connections
#           with httpAgent of keepAlive:                 1 connection, a sixth of the bytes
# Matters:  a call takes three trips to the vendor in place of one, and the handshakes are most of what the process computes; a job over many
#           thousand users may run out of local ports. `new Smooch({ httpAgent: new https.Agent({ keepAlive: true }) })`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 smooch-core@8.11.4 selfsigned@5.5.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import https from 'node:https'
import tls from 'node:tls'
import { generate } from 'selfsigned'
import Smooch from 'smooch-core'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`smooch-core 8.11.4, node ${process.version}`)
const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' })
const sockets = []
const server = https.createServer({ key, cert }, (_, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.end('{"appUser":{"_id":"5f0c"}}')
}).listen(0, '127.0.0.1')
server.on('connection', (socket) => sockets.push(socket))
await once(server, 'listening')
const serviceUrl = `https://localhost:${server.address().port}`
tls.setDefaultCACertificates([cert])

const see = async (title, read) => {
  sockets.length = 0
  for (let nth = 0; nth < 100; nth += 1) await read()
  const count = sockets.length
  const bytes = sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0)
  console.log(`${`${title}:`.padEnd(44)} ${count} ${count === 1 ? 'connection' : 'connections'}, ${Math.round(bytes / 100)} bytes for each call`)
  return { count, bytes }
}
const reader = (httpAgent) => {
  const smooch = new Smooch({ keyId: 'app_1', secret: 'secret', scope: 'app', serviceUrl, httpAgent })
  return () => smooch.appUsers.get('mina')
}
const plain = await see('smooch-core as it comes', reader())
https.globalAgent = new https.Agent({ keepAlive: true })
const global = await see('with https.globalAgent of keepAlive', reader())
const agent = new https.Agent({ keepAlive: true })
const kept = await see('with httpAgent of keepAlive', reader(agent))
assert.equal(plain.count, 100)
assert.equal(global.count, 100)
assert.equal(kept.count, 1)
assert.ok(plain.bytes > 4 * kept.bytes)
process.exit()
JS
node_modules/.bin/node see.mjs
