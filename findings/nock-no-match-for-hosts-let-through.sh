#!/usr/bin/env bash
# nock 15.0.6: the event 'no match' also fires for hosts that enableNetConnect() lets through.
#
# Expected: 'no match' tells of a request that should have met a mock and met none, so a test suite may fail on it.
# Happens:  a request to an allowed host reaches the real server and is answered 200, and 'no match' fires for it all the same.
# Seen:     let through: answered 200, 'no match' fired 1 time
#           stopped:     ENETUNREACH, 'no match' fired 1 time
# Matters:  a suite with a real database or its own server on loopback beside a mocked vendor cannot use the event as its guard.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" nock@15.0.6 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import nock from 'nock'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/nock/package.json', 'utf8'))
console.log(`nock ${version}, node ${process.version}`)

const server = createServer((_, response) => response.end('real'))
await once(server.listen(0, '127.0.0.1'), 'listening')
const allowed = `127.0.0.1:${server.address().port}`
nock.disableNetConnect()
nock.enableNetConnect(allowed)

const fired = []
nock.emitter.on('no match', (request) => fired.push(request))
const seen = async (url) => {
  fired.length = 0
  const result = await fetch(url).then((answer) => `answered ${answer.status}`, ({ cause, code }) => code ?? cause?.code)
  return `${result}, 'no match' fired ${fired.length} time`
}
const through = await seen(`http://${allowed}/`)
const stopped = await seen(`http://localhost:${server.address().port}/`)
console.log(`let through: ${through}\nstopped: ${stopped}`)
server.close()
server.closeAllConnections()

assert.equal(through, "answered 200, 'no match' fired 1 time")
assert.equal(stopped, "ENETUNREACH, 'no match' fired 1 time")
JS
node_modules/.bin/node see.mjs
