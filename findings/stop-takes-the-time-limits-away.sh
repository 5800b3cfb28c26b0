#!/usr/bin/env bash
# Node 26.10.0: close() of an HTTP server switches off headersTimeout and requestTimeout, so one upload that has stalled keeps the process from ending.
#
# Expected: a server that is stopping takes no more connections and finishes the requests that it has, each within the time limits that it has for
#           requests anyhow (requestTimeout is 300 s by default), so close() calls back after that time at the latest.
# Happens:  both limits live on one timer of the server that looks through its connections, and close() clears it first. A request that began in time
#           and then comes no further has no limit at all from then on. close() also closes idle connections, which is what one sees in
#           tests, and waits for this one for ever.
# Seen:     requestTimeout and headersTimeout of one second, looked at each 100 ms; a client sends half a body, or half a header, and rests:
#           running, half a body:          408, the connection is closed
#           running, half a header:        408, the connection is closed
#           close() after half a body:     neither answer nor end in 5 s; closeAllConnections() closes it
#           close() after half a header:   neither answer nor end in 5 s; closeAllConnections() closes it
# Matters:  a telephone that left its network in the middle of an upload holds up a deployment until something kills the process, in the midst of
#           what it still does well. Tests with slow clients against a running server pass. A stop needs a limit of its own, with
#           closeAllConnections() at its end.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

console.log(`node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()

const limits = { headersTimeout: 1000, requestTimeout: 1000, connectionsCheckingInterval: 100 }
const header = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n'
const see = async (half, stops) => {
  const server = createServer(limits, (request, response) => request.resume().on('end', () => response.end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const arrived = once(server, 'connection')
  const client = connect(server.address().port, '127.0.0.1')
  let answer = ''
  client.on('error', () => {}).on('data', (data) => (answer += data))
  const ended = once(client, 'close')
  client.write(half)
  await arrived
  // So that what was sent has been read.
  await sleep(300)
  let closed = Promise.resolve()
  if (stops) closed = new Promise((settle) => server.close(settle))
  const over = await Promise.race([ended, sleep(5000)])
  let told = over ? `${answer.split(' ')[1]}, the connection is closed` : `${answer ? 'an' : 'neither'} answer nor end in 5 s`
  if (!over) {
    server.closeAllConnections()
    await closed
    told += '; closeAllConnections() closes it'
  }
  client.destroy()
  if (!stops) server.close()
  return told
}
const stuck = 'neither answer nor end in 5 s; closeAllConnections() closes it'
for (const [title, half, stops, expected] of [
  ['running, half a body', `${header}\r\nhalf`, false, '408, the connection is closed'],
  ['running, half a header', header, false, '408, the connection is closed'],
  ['close() after half a body', `${header}\r\nhalf`, true, stuck],
  ['close() after half a header', header, true, stuck],
]) {
  const seen = await see(half, stops)
  console.log(`${`${title}:`.padEnd(29)} ${seen}`)
  assert.equal(seen, expected)
}
process.exit()
JS
node_modules/.bin/node see.mjs
