#!/usr/bin/env bash
# ws 8.23.0 and Node 26.10.0: with a WebSocket server beside an API, plain calls by Java's HttpClient are answered 400.
#
# Expected: `new WebSocketServer({ server, path: '/live' })` takes what is meant for /live, and leaves all other requests to the API.
# Happens:  to Node a request with any `Upgrade` is one to upgrade as soon as somebody listens for upgrades, so it never comes to the handler
#           of requests. ws has to answer all of them and knows WebSockets alone. Java's HttpClient offers h2c with its first request over
#           plain HTTP unless told not to, as curl does with --http2; an offer that may be passed over (RFC 9110, 7.8), and was before.
# Seen:     API alone:                           plain 200 orders, with an offer of h2c 200 orders
#           beside a WebSocket server:           plain 200 orders, with an offer of h2c 400 Invalid Upgrade header
#           ... and shouldUpgradeCallback:       plain 200 orders, with an offer of h2c 200 orders
#           (the WebSocket opens in both)
# Matters:  live updates for browsers lock the Java services of the same network out of all paths, and neither browsers nor curl nor the tests
#           in JavaScript show it; no handler and no log of requests sees the call. Give createServer a `shouldUpgradeCallback`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ws@8.23.0 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { WebSocketServer } from 'ws'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`ws 8.23.0, node ${process.version}`)

const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' }
const call = async (port, headers) => {
  const [answer] = await once(http.get({ host: '127.0.0.1', port, path: '/orders', headers, agent: false }), 'response')
  return `${answer.statusCode} ${(await answer.toArray()).join('')}`
}
const opens = async (port) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`)
  const opened = await new Promise((resolve) => {
    socket.onopen = () => resolve(true)
    socket.onerror = () => resolve(false)
  })
  socket.close()
  return opened
}
const see = async (name, live, options = {}) => {
  const server = http.createServer(options, (_request, response) => response.end('orders')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  if (live) new WebSocketServer({ server, path: '/live' })
  const seen = { plain: await call(port), offered: await call(port, offer) }
  if (live) assert.equal(await opens(port), true)
  console.log(`${name.padEnd(36)} plain ${seen.plain}, with an offer of h2c ${seen.offered}`)
  return seen
}

const shouldUpgradeCallback = (request) => request.headers.upgrade.toLowerCase() === 'websocket'
const alone = await see('API alone:', false)
const beside = await see('beside a WebSocket server:', true)
const chosen = await see('... and shouldUpgradeCallback:', true, { shouldUpgradeCallback })
assert.deepEqual(alone, { plain: '200 orders', offered: '200 orders' })
assert.deepEqual(beside, { plain: '200 orders', offered: '400 Invalid Upgrade header' })
assert.deepEqual(chosen, { plain: '200 orders', offered: '200 orders' })
process.exit()
JS
node_modules/.bin/node see.mjs
