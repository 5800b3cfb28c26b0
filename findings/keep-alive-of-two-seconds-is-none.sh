#!/usr/bin/env bash
# undici 8.13.1 and Node 26.10.0: to a service that keeps connections for two seconds, undici and fetch make a new connection for each call.
#
# Expected: `Keep-Alive: timeout=2` lets the client use the connection again within two seconds, so calls that follow each other share one.
# Happens:  undici takes two seconds off the announced time, so as not to meet the end of it on the way (keepAliveTimeoutThreshold, 2000). What is left
#           of two seconds is nothing, and it closes the connection after each answer. node:http takes one second off. A service that announces
#           nothing has four seconds with undici, so that it is better to say nothing than to say two.
# Seen:     20 calls one after another, 20 ms apart; TLS connections that the service got:
#           keepAliveTimeout of the service    undici     fetch      https.Agent
#           5000 ms, timeout=5                 1          1          1
#           3000 ms, timeout=3                 1          1          1
#           2000 ms, timeout=2                 20         20         1
#           1000 ms, timeout=1                 20         20         20
#           2000 ms, header left out           1          1          1
# Matters:  each call pays for a TCP and a TLS handshake, several times the time of the call and most of the processor's, since someone set a short
#           time on the service to save connections. Two and one are common values of it. Nothing is wrong in any log; the count of
#           connections shows it. Lower keepAliveTimeoutThreshold on the Agent, or give the service five seconds.
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
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent as HttpsAgent, createServer, get } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch, request } from 'undici'

console.log(`undici 8.13.1, node ${process.version}`)
setTimeout(() => process.exit(1), 90_000).unref()
const ca = readFileSync('certificate.pem')
const CALLS = 20

const clients = {
  undici: () => {
    const dispatcher = new Agent({ connect: { ca } })
    return async (url) => (await request(url, { dispatcher })).body.text()
  },
  fetch: () => {
    const dispatcher = new Agent({ connect: { ca } })
    return async (url) => (await fetch(url, { dispatcher })).text()
  },
  'https.Agent': () => {
    const agent = new HttpsAgent({ keepAlive: true, ca })
    return (url) => new Promise((settle, fail) => get(url, { agent }, (response) => settle(text(response))).on('error', fail))
  },
}
const count = async (client, time, silent) => {
  let connections = 0
  const server = createServer({ key: readFileSync('key.pem'), cert: ca, keepAliveTimeout: time }, (_, response) => {
    // With a Connection of its own, Node leaves Keep-Alive out.
    if (silent) response.setHeader('connection', 'keep-alive')
    response.end('done')
  }).on('secureConnection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const call = client()
  for (let index = 0; index < CALLS; index++) {
    assert.equal(await call(`https://127.0.0.1:${server.address().port}/`), 'done')
    await sleep(20)
  }
  return connections
}

console.log(''.padEnd(28), ...Object.keys(clients).map((name) => name.padEnd(12)))
for (const [title, time, silent, expected] of [
  ['5000 ms, timeout=5', 5000, false, [1, 1, 1]],
  ['3000 ms, timeout=3', 3000, false, [1, 1, 1]],
  ['2000 ms, timeout=2', 2000, false, [CALLS, CALLS, 1]],
  ['1000 ms, timeout=1', 1000, false, [CALLS, CALLS, CALLS]],
  ['2000 ms, header left out', 2000, true, [1, 1, 1]],
]) {
  const seen = await Promise.all(Object.values(clients).map((client) => count(client, time, silent)))
  console.log(title.padEnd(28), ...seen.map((connections) => String(connections).padEnd(12)))
  // A connection may run out while the machine does something else.
  for (const [index, connections] of seen.entries()) assert.ok(expected[index] === CALLS ? connections === CALLS : connections <= 4)
}
process.exit()
JS
node_modules/.bin/node see.mjs
