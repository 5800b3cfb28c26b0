#!/usr/bin/env bash
# ky 2.1.0: `shouldRetry` that answers true also takes the server's Retry-After away.
#
# Expected: true means that the request may be sent again, within the other rules: `Retry-After` says when.
# Happens:  it bypasses them all. The wait is ky's own backoff, so a server that asks for two seconds of peace is asked again at once.
#           `undefined` keeps the header's wait, and for an error that is no answer and none of the network it means no.
# Seen:     a 503 with Retry-After: 2: again after less than 1 s with true, after 2 s or more with undefined
# Matters:  a function that only counts, such as a budget of retries, answers true for "still allowed" and hurries a server that is down.
#           Answer false or undefined for answers, and true only for other errors.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ky@2.1.0 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import ky from 'ky'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`ky 2.1.0, node ${process.version}`)

const arrivals = []
const server = createServer((_request, response) => {
  arrivals.push(performance.now())
  response.writeHead(503, { 'retry-after': '2' }).end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`

const waitWith = async (answer) => {
  arrivals.length = 0
  await ky.get(url, { retry: { limit: 1, afterStatusCodes: [503], shouldRetry: () => answer } }).catch(() => {})
  assert.equal(arrivals.length, 2)
  return (arrivals[1] - arrivals[0]) / 1000
}
const [hurried, patient] = [await waitWith(true), await waitWith(undefined)]
console.log(`a 503 with Retry-After: 2: again after ${hurried.toFixed(1)} s with true, after ${patient.toFixed(1)} s with undefined`)
assert.ok(hurried < 1.9 && patient > 1.9)
server.close()
JS
node_modules/.bin/node see.mjs
