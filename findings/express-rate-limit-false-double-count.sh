#!/usr/bin/env bash
# express-rate-limit 8.7.5: two limiters with stores of their own are told that one of them counts twice.
#
# Expected: ERR_ERL_DOUBLE_COUNT is about one limiter, or one shared store, that meets a request twice. Here are two store objects with two
#           maps, each asked once.
# Happens:  stores are told apart by the name of their class and their `prefix`, not by identity. Two plain objects are both "Object", so the
#           error is printed, though each store has counted once. A `prefix` on each store, otherwise unused, ends it.
# Seen:     without prefix: 1 and 1 counted, ERR_ERL_DOUBLE_COUNT
#           with prefix:    1 and 1 counted, no complaint
# Matters:  who believes the message takes away a working limit (here one per minute beside one per second).
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
import express from 'express'
import { rateLimit } from 'express-rate-limit'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/express-rate-limit/package.json', 'utf8'))
console.log(`express-rate-limit ${version}, node ${process.version}`)

const memory = (prefix) => {
  const hits = new Map()
  return {
    ...prefix,
    hits,
    increment: (key) => ({ totalHits: hits.set(key, (hits.get(key) ?? 0) + 1).get(key), resetTime: undefined }),
    decrement: () => {},
    resetKey: (key) => hits.delete(key),
  }
}
/** What one request does to a limit per minute and a limit per second. */
const seen = async (minute, second) => {
  const complaints = []
  const print = console.error
  console.error = (error) => complaints.push(error.code ?? String(error))
  const app = express()
  app.use(rateLimit({ windowMs: 60_000, limit: 100, store: minute }), rateLimit({ windowMs: 1000, limit: 10, store: second }))
  app.get('/', (_, response) => response.send('ok'))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text()
  server.close()
  server.closeAllConnections()
  console.error = print
  const counted = [minute, second].map(({ hits }) => [...hits.values()].join())
  return `${counted.join(' and ')} counted, ${complaints.join() || 'no complaint'}`
}
const without = await seen(memory(), memory())
const withPrefix = await seen(memory({ prefix: 'minute:' }), memory({ prefix: 'second:' }))
console.log(`without prefix: ${without}\nwith prefix: ${withPrefix}`)

assert.equal(without, '1 and 1 counted, ERR_ERL_DOUBLE_COUNT')
assert.equal(withPrefix, '1 and 1 counted, no complaint')
JS
node see.mjs
