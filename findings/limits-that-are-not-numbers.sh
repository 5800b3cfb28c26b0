#!/usr/bin/env bash
# ratelimit-header-parser 0.1.0 with express-rate-limit 8.7.5: of the newest form of the headers the parser makes NaN, without an error.
#
# Expected: the two packages are of one project, the one writes what the other reads. A form that is not known is undefined, as for an answer without
#           such headers.
# Happens:  standardHeaders 'draft-8' writes a list of policies with names, RateLimit: "100-in-1min"; r=99; t=60. The parser knows the forms before
#           it, finds the header RateLimit, and takes numbers out of where they were then. What is not there is NaN, and NaN compares
#           with nothing.
# Seen:     the answer under a limit for a minute, and what a client does that waits if remaining < 1:
#           draft-6:                limit 100, remaining 99, reset a date; the client goes on
#           draft-7:                limit 100, remaining 99, reset a date; the client goes on
#           draft-7, answer 429:    limit 1, remaining 0, reset a date; the client waits
#           draft-8:                limit NaN, remaining NaN, reset Invalid Date; the client goes on
#           draft-8, answer 429:    limit NaN, remaining NaN, reset Invalid Date; the client goes on
# Matters:  a client that is careful by these headers is not any more after an update of the server, and runs into 429 at full speed; a wait until an
#           invalid date is a wait of one millisecond. No test of the server shows it. Check with Number.isFinite(), or read the
#           header by a parser of structured fields.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ratelimit-header-parser@0.1.0 express-rate-limit@8.7.5 express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { parseRateLimit } from 'ratelimit-header-parser'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`ratelimit-header-parser 0.1.0, express-rate-limit 8.7.5, express 5.3.0, node ${process.version}`)
const see = async (title, expected, standardHeaders, { limit = 100, calls = 1 } = {}) => {
  const app = express().use(rateLimit({ limit, windowMs: 60_000, standardHeaders, legacyHeaders: false }))
  app.get('/', (_, response) => response.end())
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let response
  for (let nth = 0; nth < calls; nth += 1) response = await fetch(`http://127.0.0.1:${server.address().port}/`)
  server.close()
  if (calls > limit) assert.equal(response.status, 429)
  const { limit: read, remaining, reset } = parseRateLimit(response)
  const date = Number.isNaN(reset.getTime()) ? 'Invalid Date' : 'a date'
  const seen = `limit ${read}, remaining ${remaining}, reset ${date}; the client ${remaining < 1 ? 'waits' : 'goes on'}`
  console.log(`${`${title}:`.padEnd(23)} ${seen}`)
  assert.equal(seen, expected)
}
const right = 'limit 100, remaining 99, reset a date; the client goes on'
const wrong = 'limit NaN, remaining NaN, reset Invalid Date; the client goes on'
await see('draft-6', right, 'draft-6')
await see('draft-7', right, 'draft-7')
await see('draft-7, answer 429', 'limit 1, remaining 0, reset a date; the client waits', 'draft-7', { limit: 1, calls: 2 })
await see('draft-8', wrong, 'draft-8')
await see('draft-8, answer 429', wrong, 'draft-8', { limit: 1, calls: 2 })
JS
node see.mjs
