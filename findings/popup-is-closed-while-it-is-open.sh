#!/usr/bin/env bash
# helmet 8.3.0 with express 5.3.0 and Chromium 156: a login in a popup is "closed by the user" at once, while the user types into it.
#
# Expected: the page opens the identity provider in a popup, waits for its message, and looks at `popup.closed` now and then to see whether the user
#           has given up. Headers that protect a page do not change what its own window.open() gives it.
# Happens:  helmet sends Cross-Origin-Opener-Policy: same-origin. A popup that goes to another origin is then cut off from the page: the page's
#           `closed` is true from then on, `opener` in the popup is null, and no message comes through. There is no error and no line in the
#           console. With same-origin-allow-popups all of it works.
# Seen:     a page opens a popup at another origin, which posts a message to its opener; asked when the popup has been loaded:
#           helmet() as it comes:          popup.closed true, though it is open; opener gone, no message
#           same-origin-allow-popups:      popup.closed false; opener there, the message came
#           no helmet:                     popup.closed false; opener there, the message came
# Matters:  libraries for login or payment by popup report that the user closed it, so one looks for the fault with the users. On one's own origin, as
#           with a provider that is faked in tests under the same host and port, all is well. `crossOriginOpenerPolicy: { policy:
#           'same-origin-allow-popups' }` keeps the protection against those who open the page.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" helmet@8.3.0 express@5.3.0 playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
import helmet from 'helmet'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`helmet 8.3.0, express 5.3.0, Chromium ${browser.version()}, node ${process.version}`)

const listen = async (app) => {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}
const login = '<!doctype html><title>Log in</title><script>opener?.postMessage("a code", "*")</script>'
const provider = await listen(express().get('/', (_, response) => response.send(login)))

const script = `
  const opened = { messages: [] }
  addEventListener('message', ({ data }) => opened.messages.push(data))
  document.querySelector('button').addEventListener('click', () => {
    opened.popup = window.open('${provider}/', 'login', 'width=400,height=400')
  })`
const see = async (guard) => {
  const app = express()
  if (guard) app.use(guard)
  app.get('/', (_, response) => response.send('<!doctype html><title>App</title><button>Log in</button><script src="/app.js"></script>'))
  app.get('/app.js', (_, response) => response.type('js').send(script))
  const context = await browser.newContext()
  const page = await context.newPage()
  const console = []
  page.on('console', (message) => message.location().url.endsWith('/favicon.ico') || console.push(message.text()))
  await page.goto(await listen(app))
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('button')])
  await popup.waitForURL(`${provider}/`)
  const opener = await popup.evaluate(() => window.opener !== null)
  // A message that was posted is there after one that is posted later.
  if (opener) await page.waitForFunction(() => opened.messages.length > 0)
  const { closed, messages } = await page.evaluate(() => ({ closed: opened.popup.closed, messages: opened.messages }))
  assert.equal(popup.isClosed(), false)
  assert.deepEqual(console, [])
  await context.close()
  const rest = `opener ${opener ? 'there' : 'gone'}, ${messages.length > 0 ? 'the message came' : 'no message'}`
  return `popup.closed ${closed}${closed ? ', though it is open' : ''}; ${rest}`
}
const works = 'popup.closed false; opener there, the message came'
for (const [title, guard, expected] of [
  ['helmet() as it comes', helmet(), 'popup.closed true, though it is open; opener gone, no message'],
  ['same-origin-allow-popups', helmet({ crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' } }), works],
  ['no helmet', undefined, works],
]) {
  const seen = await see(guard)
  console.log(`${`${title}:`.padEnd(30)} ${seen}`)
  assert.equal(seen, expected)
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
