#!/usr/bin/env bash
# Chromium 156: a POST whose connection breaks before the answer is sent once more by the browser, and the page sees one call that went well.
#
# Expected: a POST is not repeated by anybody who does not know what it does (RFC 9110, 9.2.2). If the connection breaks, fetch throws, and the
#           page decides. The fetch of Node does so.
# Happens:  if the connection has carried a request before and breaks before the first byte of the answer, Chromium takes it for one that was closed
#           while idle, and sends the request again over a new one, body and all, whatever its method. It cannot tell that the service
#           has read it. In the developer tools there is one request.
# Seen:     a service that books each payment it has read, and breaks the first connection in place of an answer:
#           Chromium, a new connection:     the page sees "Failed to fetch", booked 1 time
#           Chromium, one used before:      the page sees 201, booked 2 times
#           the same, DELETE:               the page sees 201, done 2 times
#           fetch of Node, one used before: sees "fetch failed", booked 1 time
# Matters:  that is each restart, each worker that dies and each proxy that gives up a call by closing. A retry that was left out on purpose
#           happens all the same, and tests with the fetch of Node or with a first call do not show it. Both have the same headers and body:
#           a key of the page's own in a header makes the second one known.
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
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, playwright-core 1.65.1, node ${process.version}`)

const see = async (title, expected, { method = 'POST', used = true, byNode = false } = {}) => {
  const bodies = []
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return void response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>')
    let body = ''
    for await (const text of request) body += text
    bodies.push(body)
    if (bodies.length === 1) request.socket.destroy()
    else response.writeHead(201).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}`
  const call = async ([url, method, used]) => {
    if (used) await fetch(url).then((response) => response.text())
    return fetch(url, { method, body: 'ten euros' }).then((response) => response.status, ({ message }) => `"${message}"`)
  }
  let told
  if (byNode) told = await call([address, method, used])
  else {
    const page = await browser.newPage()
    await page.goto(address)
    if (!used) {
      // The connection of the page itself is ended and its end is seen before the call.
      server.closeAllConnections()
      await page.waitForTimeout(500)
    }
    told = await page.evaluate(call, [address, method, used])
    await page.close()
  }
  server.close()
  server.closeAllConnections()
  assert.ok(bodies.every((body) => body === 'ten euros'))
  const seen = `${byNode ? '' : 'the page '}sees ${told}, ${method === 'POST' ? 'booked' : 'done'} ${bodies.length} time${bodies.length === 1 ? '' : 's'}`
  console.log(`${`${title}:`.padEnd(31)} ${seen}`)
  assert.equal(seen, expected)
}
await see('Chromium, a new connection', 'the page sees "Failed to fetch", booked 1 time', { used: false })
await see('Chromium, one used before', 'the page sees 201, booked 2 times')
await see('the same, DELETE', 'the page sees 201, done 2 times', { method: 'DELETE' })
await see('fetch of Node, one used before', 'sees "fetch failed", booked 1 time', { byNode: true })
await browser.close()
process.exit()
JS
node see.mjs "$browser"
