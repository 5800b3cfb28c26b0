#!/usr/bin/env bash
# Node 26.10.0 and undici 8.13.1: a list of authorities with one's own added makes each new connection cost several times what it costs without.
#
# Expected: `ca: [...tls.rootCertificates, own]`, given once to an Agent, is read once. Trust is a matter of the Agent, not of each connection.
# Happens:  the Agent hands its options to tls.connect(), which makes a secure context of its own for each connection: all of the 120 certificates
#           are parsed and put into a store again, in the main thread. The default list is parsed once per process.
# Seen:     processor time of the main thread for one connection and call, against that with the same list as the process's default:
#           https.Agent:  list in `ca` 6.4 times, the list as one secureContext 0.8 times
#           undici:       list in `ca` 7.1 times, the list as one secureContext 0.9 times
# Matters:  it is the recipe of every company with an authority of its own. All that time the event loop stands still, most of all when many
#           connections are made at once, after a restart or an outage. Make tls.createSecureContext() once and pass that as `secureContext`, or
#           call tls.setDefaultCACertificates().
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1 selfsigned@5.5.0

cat >server.cjs <<'JS'
// A process of its own, so that its side of the handshake is not counted.
process.once('message', (pair) => {
  const server = require('node:https').createServer(pair, (_, response) => response.end('ok'))
  server.listen(0, 'localhost', () => process.send(server.address().port))
})
process.once('disconnect', () => process.exit())
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { generate } from 'selfsigned'
import { Agent, request } from 'undici'

setTimeout(() => process.exit(1), 90_000).unref()
const names = [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]
const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', extensions: names })
const server = fork('server.cjs')
server.send({ key, cert })
const [port] = await once(server, 'message')
const ca = [...tls.rootCertificates, cert]
console.log(`node ${process.version}, undici 8.13.1, ${ca.length} certificates`)

// Each call makes a new connection, with a full handshake.
const clients = {
  'https.Agent': (options) => {
    const agent = new https.Agent({ keepAlive: false, maxCachedSessions: 0, ...options })
    return async () => {
      const [response] = await once(https.get({ host: 'localhost', port, agent }), 'response')
      assert.equal(await text(response), 'ok')
    }
  },
  undici: (options) => {
    const dispatcher = new Agent({ pipelining: 0, connect: { maxCachedSessions: 0, ...options } })
    return async () => {
      const { body } = await request(`https://localhost:${port}/`, { dispatcher })
      assert.equal(await body.text(), 'ok')
    }
  },
}
/** Processor time of this thread for one call, the smallest of some. */
const cost = async (call) => {
  const times = []
  for (let nth = 0; nth < 15; nth += 1) {
    const before = process.threadCpuUsage()
    await call()
    const { user, system } = process.threadCpuUsage(before)
    times.push(user + system)
  }
  return Math.min(...times)
}
const secureContext = tls.createSecureContext({ ca })
tls.setDefaultCACertificates(ca)
for (const [name, make] of Object.entries(clients)) {
  // Compiled code and a warm cache for all three.
  await cost(make({}))
  const byDefault = await cost(make({}))
  const [list, once] = [(await cost(make({ ca }))) / byDefault, (await cost(make({ secureContext }))) / byDefault]
  console.log(`${`${name}:`.padEnd(13)} list in \`ca\` ${list.toFixed(1)} times, the list as one secureContext ${once.toFixed(1)} times`)
  assert.ok(list > 2.5)
  assert.ok(once < list / 2)
}
server.disconnect()
process.exit(0)
JS
node_modules/.bin/node see.mjs
