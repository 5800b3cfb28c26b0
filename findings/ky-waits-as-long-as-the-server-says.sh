#!/usr/bin/env bash
# ky 2.1.0: `backoffLimit` and `timeout` do not bound the wait before a retry when the answer names one, and five headers can name it.
#
# Expected: `backoffLimit: 100` is the longest wait between two tries, at most the `timeout` of one second, and only Retry-After is a standard
#           header that makes a client wait.
# Happens:  a 429 with any of Retry-After, RateLimit-Reset, X-RateLimit-Reset, X-Rate-Limit-Reset and X-RateLimit-Retry-After makes ky wait
#           as long as that header says. Only `retry.maxRetryAfter` bounds it, and it has no bound of its own accord.
# Seen:     (no header) 102 ms, ratelimit-reset 2009 ms, with maxRetryAfter 104 ms
# Matters:  a rate limit that resets at midnight holds a caller and what it keeps in memory until midnight.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ky@2.1.0 node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import ky from 'ky'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/ky/package.json', 'utf8'))
console.log(`ky ${version}, node ${process.version}`)

/** Milliseconds between the first try, answered 429, and the second. */
const wait = async (headers, retry) => {
  const tries = []
  const server = createServer((_, response) => response.writeHead(tries.push(performance.now()) === 1 ? 429 : 200, headers).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  await ky.get(`http://127.0.0.1:${server.address().port}/`, { timeout: 1000, retry: { limit: 1, backoffLimit: 100, ...retry } }).text()
  server.close()
  server.closeAllConnections()
  assert.equal(tries.length, 2)
  return Math.round(tries[1] - tries[0])
}

const without = await wait({})
console.log(`(no header) ${without} ms`)
assert.ok(without < 1000)
for (const header of ['retry-after', 'ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset', 'x-ratelimit-retry-after']) {
  const unbounded = await wait({ [header]: '2' })
  const bounded = await wait({ [header]: '2' }, { maxRetryAfter: 100 })
  console.log(`${header} ${unbounded} ms, with maxRetryAfter ${bounded} ms`)
  assert.ok(unbounded > 1900 && bounded < 1000)
}
JS
node_modules/.bin/node see.mjs
