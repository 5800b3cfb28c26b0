#!/usr/bin/env bash
# Chromium 156: what a page puts off by fetchLater() is sent with the cookies of the time when it is sent, in the name of whoever is logged in then.
#
# Expected: fetchLater() takes a request now and sends it when the page goes, as sendBeacon() does at once; the request is the one that was given.
# Happens:  address, body and headers are kept as they were given, credentials are not: they are looked up when the request goes out. After a
#           change of persons it is the next one's.
# Seen:     a page of Mina's says by each that she has read a text, then she logs out and Bob logs in, then the page is closed; the service has:
#           fetch with keepalive:      read by mina, session mina
#           sendBeacon:                read by mina, session mina
#           fetchLater:                read by mina, session bob
# Matters:  what is put off is telemetry and marks such as "read until here": they are booked on the wrong person, or refused after a logout, and then
#           nobody hears of it, since there is no answer. Write into the body whose event it is, and let the service compare; or abort what is
#           waiting and send it by fetch before a logout.
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
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 60_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, node ${process.version}`)
const events = new EventEmitter()
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  const session = request.headers.cookie?.split('=')[1] ?? 'none'
  if (pathname === '/login') response.setHeader('Set-Cookie', `session=${searchParams.get('as')}; HttpOnly; Path=/`)
  if (pathname === '/') response.setHeader('Content-Type', 'text/html')
  const body = await text(request)
  response.end('<!doctype html><title>App</title>')
  if (pathname === '/event') events.emit('event', `read by ${body}, session ${session}`)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
for (const [title, send, expected] of [
  ['fetch with keepalive', "fetch('/event', { method: 'POST', body: 'mina', keepalive: true })", 'read by mina, session mina'],
  ['sendBeacon', "navigator.sendBeacon('/event', 'mina')", 'read by mina, session mina'],
  ['fetchLater', "fetchLater('/event', { method: 'POST', body: 'mina', activateAfter: 3_600_000 })", 'read by mina, session bob'],
]) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  const event = once(events, 'event')
  await page.evaluate(`fetch('/login?as=mina').then(() => { ${send} })`)
  if (title !== 'fetchLater') await event
  await page.evaluate("fetch('/login?as=bob').then(() => {})")
  await page.close()
  const [seen] = await event
  console.log(`${`${title}:`.padEnd(26)} ${seen}`)
  assert.equal(seen, expected)
  await context.close()
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
