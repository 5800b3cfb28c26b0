#!/usr/bin/env bash
# Node 26.10.0: an http.Agent with `maxTotalSockets` makes a call wait for as long as connections to other hosts lie idle.
#
# Expected: maxTotalSockets bounds how many connections are open at a time. A call to another host takes the place of one that nobody uses,
#           which is closed for it, as pools do.
# Happens:  idle connections that are kept for later count in full, and none is closed for a call that waits: it waits until the other server
#           closes one, or the agent's own `timeout` does, and then the next call to the first host waits for this one. No option
#           bounds that wait: the `timeout` of a request runs from its connection on. maxSockets, for each host, does not do it.
# Seen:     two servers that close what is idle after three seconds, calls in turn, nothing else to do:
#           maxTotalSockets 1:  first host at once, second host after 3 s, first host after 3 s
#           maxSockets 1:       first host at once, second host at once, first host at once
# Matters:  a service with several suppliers that is to open few connections stands still with an idle processor, and more so the longer the
#           servers keep connections. Each supplier by itself is quick in every test. Bound each host by an agent of its own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`node ${process.version}`)
const serve = async () => {
  const server = createServer({ keepAliveTimeout: 2000 }, (_request, response) => response.end('done')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
const ports = { first: await serve(), second: await serve() }

const call = async (agent, port) => {
  const began = performance.now()
  // The limit is not reached: it begins with the connection.
  const request = get({ host: '127.0.0.1', port, agent, timeout: 500 }).on('timeout', () => request.destroy(new Error('timeout')))
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
  // The connection goes back to the agent after the end of the answer.
  await new Promise((done) => setTimeout(done, 50))
  return performance.now() - began
}
for (const name of ['maxTotalSockets', 'maxSockets']) {
  const agent = new Agent({ keepAlive: true, [name]: 1 })
  const waits = []
  for (const host of ['first', 'second', 'first']) waits.push([host, await call(agent, ports[host])])
  const told = waits.map(([host, ms]) => `${host} host ${ms < 500 ? 'at once' : `after ${Math.round(ms / 1000)} s`}`)
  console.log(`${`${name} 1:`.padEnd(19)} ${told.join(', ')}`)
  assert.deepEqual(waits.map(([, ms]) => ms > 800), name === 'maxSockets' ? [false, false, false] : [false, true, true])
}
process.exit(0)
JS
node_modules/.bin/node see.mjs
