#!/usr/bin/env bash
# Node 26.10.0 with express 5.3.0: headersTimeout and requestTimeout of one second end a slow request after half a minute.
#
# Expected: server.requestTimeout = 1000 ends a request that has not come in full after a second, as setTimeout() of a socket would.
# Happens:  there is no timer for a request. Every thirty seconds the server looks which of its connections are over their limit, so each limit is
#           rounded up to the next look. The interval is an option of createServer(), connectionsCheckingInterval, and is taken when the server
#           begins to listen; app.listen() of express makes the server itself, without it. Set later, as limits may be, it does nothing.
# Seen:     a request that announces ten bytes, sends three and stays; when it is answered 408:
#           app.listen(), then requestTimeout = 1000:      30 seconds
#           the same, and the interval, when it listens:   30 seconds
#           createServer({ requestTimeout: 1000 }):        30 seconds
#           with connectionsCheckingInterval: 250:         1 seconds
# Matters:  who has made the limit short since slow clients take up all connections has half a minute of them all the same, and a test with a limit
#           of a second fails by its own time limit. Give the interval to createServer(options, app).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import express from 'express'

setTimeout(() => process.exit(1), 120_000).unref()
console.log(`express 5.3.0, node ${process.version}`)
const app = express()
app.post('/', () => {})
const limits = { requestTimeout: 1000, headersTimeout: 1000 }
const see = async (server) => {
  if (!server.listening) server.listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  const client = connect(server.address().port, '127.0.0.1')
  client.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc')
  const before = performance.now()
  let answer = ''
  client.on('data', (text) => (answer += text))
  await once(client, 'close')
  assert.match(answer, /^HTTP\/1\.1 408 /)
  server.close()
  return (performance.now() - before) / 1000
}
const listen = async () => {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const cases = [
  ['app.listen(), then requestTimeout = 1000', Object.assign(await listen(), limits)],
  ['the same, and the interval, when it listens', Object.assign(await listen(), limits, { connectionsCheckingInterval: 250 })],
  ['createServer({ requestTimeout: 1000 })', createServer(limits, app)],
  ['with connectionsCheckingInterval: 250', createServer({ ...limits, connectionsCheckingInterval: 250 }, app)],
]
const seconds = await Promise.all(cases.map(([, server]) => see(server)))
for (const [nth, [title]] of cases.entries()) console.log(`${`${title}:`.padEnd(46)} ${Math.round(seconds[nth])} seconds`)
const quick = seconds.pop()
assert.ok(seconds.every((slow) => slow > 4 * quick))
process.exit()
JS
node_modules/.bin/node see.mjs
