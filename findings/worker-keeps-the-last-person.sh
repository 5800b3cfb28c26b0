#!/usr/bin/env bash
# Chromium 156: an answer with `Vary: Cookie` that a page or service worker keeps is found in the Cache API for the next person as well.
#
# Expected: cache.match() looks at Vary, which is why there is an option ignoreVary; an answer that depends on the cookie is not found once the cookie is
#           another one, as with Vary: Authorization, and as in the browser's own cache.
# Happens:  Vary is held against the headers that the script has set. The cookie is added later, on the way out, and no script sees it; so on
#           both sides there is none, and they are equal, whoever is logged in. Nothing warns when such an answer is put.
# Seen:     Mina logs in and the page keeps the answer; then Bob logs in; what the service says by fetch, and what the cache finds:
#           Vary: Cookie:                                            by fetch bob, from the cache mina
#           Vary: Authorization:                                     by fetch bob, from the cache nothing
#           Vary: Cookie and max-age, the browser's own cache:       by fetch bob
# Matters:  a worker for use without a network that puts answers with credentials shows the one who comes next at this computer the data of the one before,
#           and the header that a careful service sends against just that is of no use. Keep what belongs to a person under the name of that person, and
#           delete it at the logout (Clear-Site-Data: "storage").
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

setTimeout(() => process.exit(1), 60_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, node ${process.version}`)
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname === '/login') response.setHeader('Set-Cookie', `session=${searchParams.get('as')}; HttpOnly; Path=/`)
  if (pathname.startsWith('/me')) response.setHeader('Vary', searchParams.get('vary'))
  response.setHeader('Cache-Control', pathname === '/me/fresh' ? 'private, max-age=3600' : 'private, no-cache')
  if (pathname === '/') response.setHeader('Content-Type', 'text/html')
  const person = request.headers.authorization ?? request.headers.cookie?.split('=')[1] ?? 'nobody'
  response.end(pathname.startsWith('/me') ? person : '<!doctype html><title>App</title>')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const page = await browser.newPage()
await page.goto(`http://127.0.0.1:${server.address().port}/`)
const seen = await page.evaluate(async () => {
  const cache = await caches.open('app')
  const byCookie = () => new Request('/me?vary=Cookie')
  const byHeader = (token) => new Request('/me?vary=Authorization', { headers: { Authorization: token } })
  const text = async (response) => (response ? response.text() : 'nothing')
  const live = async (request) => text(await fetch(request))
  await fetch('/login?as=mina')
  await live('/me/fresh?vary=Cookie')
  await cache.add(byCookie())
  await cache.add(byHeader('mina'))
  await fetch('/login?as=bob')
  return [
    `Vary: Cookie: by fetch ${await live(byCookie())}, from the cache ${await text(await cache.match(byCookie()))}`,
    `Vary: Authorization: by fetch ${await live(byHeader('bob'))}, from the cache ${await text(await cache.match(byHeader('bob')))}`,
    `Vary: Cookie and max-age, the browser's own cache: by fetch ${await live('/me/fresh?vary=Cookie')}`,
  ]
})
console.log(seen.join('\n'))
assert.deepEqual(seen, [
  'Vary: Cookie: by fetch bob, from the cache mina',
  'Vary: Authorization: by fetch bob, from the cache nothing',
  "Vary: Cookie and max-age, the browser's own cache: by fetch bob",
])
await browser.close()
process.exit()
JS
node see.mjs "$browser"
