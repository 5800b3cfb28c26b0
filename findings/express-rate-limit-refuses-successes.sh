#!/usr/bin/env bash
# express-rate-limit 8.7.5: with `skipSuccessfulRequests` right requests that arrive together are refused.
#
# Expected: only failures use up the limit, so a caller whose every request succeeds is never answered 429.
# Happens:  each request is counted when it arrives and taken back when its answer has finished. What is in flight counts as failed, so of
#           20 right requests at once, under a limit of 5, 15 are refused. One after another all 20 pass.
# Seen:     in turn: 20 of 20 answered 200
#           at once: 5 answered 200, 15 answered 429
# Matters:  a brake on wrong passwords or keys becomes a brake on a busy client that has never made a mistake; it shows under load alone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0 express-rate-limit@8.7.5

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { rateLimit } from 'express-rate-limit'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/express-rate-limit/package.json', 'utf8'))
console.log(`express-rate-limit ${version}, node ${process.version}`)

const app = express()
app.use(rateLimit({ windowMs: 60_000, limit: 5, skipSuccessfulRequests: true }))
app.get('/', async (_, response) => response.send(await sleep(200, 'ok')))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')

const status = async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`)
  await answer.text()
  return answer.status
}
const count = (statuses, wanted) => statuses.filter((one) => one === wanted).length

const inTurn = []
for (let index = 0; index < 20; index++) inTurn.push(await status())
const atOnce = await Promise.all(Array.from({ length: 20 }, status))
server.close()
server.closeAllConnections()

console.log(`in turn: ${count(inTurn, 200)} of 20 answered 200`)
console.log(`at once: ${count(atOnce, 200)} answered 200, ${count(atOnce, 429)} answered 429`)
assert.equal(count(inTurn, 200), 20)
assert.equal(count(atOnce, 200), 5)
assert.equal(count(atOnce, 429), 15)
JS
node see.mjs
