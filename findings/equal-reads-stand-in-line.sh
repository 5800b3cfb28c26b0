#!/usr/bin/env bash
# Chromium 156: equal GETs that a page sends together reach the service one after another, though nothing in them may be stored.
#
# Expected: four calls of fetch for one address, sent together, are with the service together; the six connections to a host are far from used up.
# Happens:  Chromium's cache lets one request for an address through and keeps the others until the header of its answer has come, since they might
#           share it. Only then it reads `no-store` or `no-cache`, and the next one goes alone again. A query that differs, HEAD, and
#           fetch's own `cache: 'no-store'` pass by the cache. Between the service and the page nothing tells of the wait.
# Seen:     four equal calls, each answered after a second; at most so many with the service at a time, and the time until all were answered:
#           Cache-Control: no-store:             1 at a time, 4 waits long
#           Cache-Control: private, no-cache:    1 at a time, 4 waits long
#           no-store, from two tabs:             1 at a time, 4 waits long
#           no-store, cache: 'no-store':         4 at a time, 1 wait long
#           no-store, a query that differs:      4 at a time, 1 wait long
#           no-store, HEAD:                      4 at a time, 1 wait long
# Matters:  a long poll in two tabs answers the second one after the first. A page that reads one slow record in four places takes four times as
#           long as its service. And a test in the browser of a limit on calls, of a bulkhead or of joined calls never has two of them at once.
#           `no-store` in the answer, put in against caches, is what makes the line this long: with max-age one answer is for all.
# Needs Chromium (Debian: chromium).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo 'Chromium is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, playwright-core 1.65.1, node ${process.version}`)

const WAIT = 1000
let control = ''
let now = 0
let most = 0
const server = createServer(async (request, response) => {
  if (!request.url.startsWith('/record')) return void response.setHeader('content-type', 'text/html').end('<!doctype html><title>Records</title>')
  most = Math.max(most, ++now)
  await sleep(WAIT)
  now -= 1
  response.setHeader('cache-control', control).end('{}')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`

/** In the page. */
const read = async ({ count, init, differs }) => {
  const calls = Array.from({ length: count }, (_, index) => fetch(`/record${differs ? `?${index}` : ''}`, init))
  const answers = await Promise.all(calls)
  if (!answers.every(({ ok }) => ok)) throw new Error('refused')
}
for (const [title, told, call, together, waits] of [
  ['Cache-Control: no-store', 'no-store', {}, 1, '4 waits'],
  ['Cache-Control: private, no-cache', 'private, no-cache', {}, 1, '4 waits'],
  ['no-store, from two tabs', 'no-store', { tabs: 2 }, 1, '4 waits'],
  ["no-store, cache: 'no-store'", 'no-store', { init: { cache: 'no-store' } }, 4, '1 wait'],
  ['no-store, a query that differs', 'no-store', { differs: true }, 4, '1 wait'],
  ['no-store, HEAD', 'no-store', { init: { method: 'HEAD' } }, 4, '1 wait'],
]) {
  control = told
  most = 0
  // Pages of one context share a cache.
  const context = await browser.newContext()
  const { tabs = 1, ...more } = call
  const pages = await Promise.all(Array.from({ length: tabs }, () => context.newPage()))
  await Promise.all(pages.map((page) => page.goto(url)))
  const begin = performance.now()
  await Promise.all(pages.map((page) => page.evaluate(read, { count: 4 / tabs, ...more })))
  const time = performance.now() - begin
  await context.close()
  console.log(`${`${title}:`.padEnd(36)} ${most} at a time, ${Math.round(time)} ms for ${waits}`)
  assert.equal(most, together)
  assert.ok(together === 4 || time > 4 * WAIT * 0.95)
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
