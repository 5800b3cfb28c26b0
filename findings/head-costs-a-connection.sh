#!/usr/bin/env bash
# undici 8.13.1 and the fetch of Node 26.10.0: each HEAD costs a connection, so it is dearer than the GET whose body it was to save.
#
# Expected: HEAD is the cheap one: the same headers and no body, over connections that are kept. The README of undici advises it to who wants
#           headers alone.
# Happens:  over HTTP/1.1 the connection is given up after every HEAD, in case that a server sends a body with it, and the next request makes
#           a new one, with its TLS handshake. `reset: false` for request() keeps it; fetch() has no such option. node:http keeps connections
#           after HEAD as after GET. The documents of undici do not say so.
# Seen:     connections for 20 requests, one after another:
#           fetch:                    HEAD 20, GET 2
#           request():                HEAD 20, GET 2
#           request(), reset: false:  HEAD 2, GET 2
#           node:http:                HEAD 1, GET 1
#           processor time for a request() over TLS, HEAD against GET: 11.2 times
# Matters:  probes of health, checkers of links and questions for a size are written with HEAD in order to be light. Here each makes both ends
#           shake hands anew, and the time that it measures is that of the handshake.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" undici@8.13.1 selfsigned@5.5.0 node@26.10.0

cat >server.cjs <<'JS'
// A process of its own, so that its side of the handshake is not counted.
process.once('message', (pair) => {
  const server = require('node:https').createServer(pair, (_, response) => response.setHeader('content-length', 2).end('ok'))
  server.listen(0, 'localhost', () => process.send(server.address().port))
})
process.once('disconnect', () => process.exit())
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { generate } from 'selfsigned'
import { Agent, request } from 'undici'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`undici 8.13.1, node ${process.version} with undici ${process.versions.undici}`)

const connectionsFor = async (method, client) => {
  let connections = 0
  const server = http.createServer((_, response) => response.setHeader('content-length', 2).end('ok'))
  server.on('connection', () => (connections += 1)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const send = client()
  for (let sent = 0; sent < 20; sent += 1) await send(`http://127.0.0.1:${server.address().port}`, method)
  server.close().closeAllConnections()
  return connections
}
const byRequest = (more, options) => () => {
  const dispatcher = new Agent(options)
  return async (url, method) => (await request(url, { method, dispatcher, ...more })).body.text()
}
const clients = {
  'fetch': () => async (url, method) => (await fetch(url, { method })).text(),
  'request()': byRequest(),
  'request(), reset: false': byRequest({ reset: false }),
  'node:http': () => {
    const agent = new http.Agent({ keepAlive: true })
    return async (url, method) => {
      const [answer] = await once(http.request(url, { method, agent }).end(), 'response')
      await answer.toArray()
    }
  },
}
const seen = {}
for (const [name, client] of Object.entries(clients)) {
  seen[name] = { HEAD: await connectionsFor('HEAD', client), GET: await connectionsFor('GET', client) }
  console.log(`${`${name}:`.padEnd(25)} HEAD ${seen[name].HEAD}, GET ${seen[name].GET}`)
}

const names = [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]
const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', extensions: names })
const server = fork('server.cjs')
server.send({ key, cert })
const [port] = await once(server, 'message')
const send = byRequest({}, { allowH2: false, connect: { ca: cert } })()
/** Processor time of this thread for one request, from as many as take 300 ms of it. */
const cost = async (method) => {
  const before = process.threadCpuUsage()
  for (let sent = 1; ; sent += 1) {
    await send(`https://localhost:${port}`, method)
    const { user, system } = process.threadCpuUsage(before)
    if (user + system > 300_000) return (user + system) / sent
  }
}
// Compiled code for both.
await cost('HEAD')
const get = await cost('GET')
const times = (await cost('HEAD')) / get
console.log(`processor time for a request() over TLS, HEAD against GET: ${times.toFixed(1)} times`)

for (const name of ['fetch', 'request()']) assert.ok(seen[name].HEAD === 20 && seen[name].GET <= 3)
for (const name of ['request(), reset: false', 'node:http']) assert.ok(seen[name].HEAD <= 3 && seen[name].GET <= 3)
assert.ok(times > 2.5)
process.exit()
JS
node_modules/.bin/node see.mjs
