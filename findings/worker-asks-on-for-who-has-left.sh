#!/usr/bin/env bash
# Chromium 156: behind a service worker that passes calls on, the service does not hear that a page has given a call up, or that its tab is closed.
#
# Expected: `event.respondWith(fetch(event.request))` is as good as no worker: an abort in the page aborts the worker's call, all the more if it is given
#           event.request.signal, which is there for it.
# Happens:  until the answer begins the signal of the request in the worker never fires, and the worker's call goes on when the page has
#           aborted its own, gone on to another page or been closed. Once the answer has begun, its end is passed on.
# Seen:     calls that the page aborts before and after their answer has begun, and the same left behind by going to another page; at the service:
#           no worker:                                  aborted: closed, closed; left: closed, closed
#           fetch(event.request):                       aborted: open, closed; left: open, closed
#           fetch(url, { signal }) of the request:      aborted: open, closed; left: open, closed
# Matters:  a search as one types, whose earlier calls are aborted, is carried out for each letter; long polls of pages that are gone keep their places in
#           limits and pools. Both work in development, where there is no worker. Let the worker not answer calls of the API at all: return
#           without respondWith().
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
console.log(`Chromium ${browser.version()}, node ${process.version}`)
const answers = {
  request: 'event.respondWith(fetch(event.request))',
  signal: 'event.respondWith(fetch(event.request.url, { signal: event.request.signal }))',
}
const worker = (name) => `
  addEventListener('install', () => skipWaiting())
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('fetch', (event) => { if (event.request.url.includes('/api/')) ${answers[name]} })`
let calls = {}
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname === '/worker.js') return response.setHeader('Content-Type', 'text/javascript').end(worker(searchParams.get('as')))
  if (!pathname.startsWith('/api/')) return response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>App</title>')
  const name = pathname.slice('/api/'.length)
  let close
  calls[name] = { state: 'open', closed: new Promise((resolve) => { close = resolve }) }
  response.on('close', () => {
    calls[name].state = 'closed'
    close()
  })
  if (name.endsWith('begun')) response.write('begun')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const base = `http://127.0.0.1:${server.address().port}`

const see = async (as) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${base}/`)
  if (as) {
    await page.evaluate(async (url) => {
      const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
      await navigator.serviceWorker.register(url)
      await controlled
    }, `/worker.js?as=${as}`)
  }
  calls = {}
  const begin = async (kind) => {
    await page.evaluate((name) => {
      window.controller = new AbortController()
      fetch(`/api/${name}-early`, { signal: window.controller.signal }).catch(() => {})
      return fetch(`/api/${name}-begun`, { signal: window.controller.signal }).then((response) => {
        window.kept = response
      })
    }, kind)
    while (!calls[`${kind}-early`]) await new Promise((resolve) => setImmediate(resolve))
  }
  // The later call is given up after the earlier one: when its end has come through, the other would have.
  await begin('aborted')
  await page.evaluate(() => window.controller.abort())
  await calls['aborted-begun'].closed
  if (!as) await calls['aborted-early'].closed
  await begin('left')
  await page.goto(`${base}/other`)
  await calls['left-begun'].closed
  if (!as) await calls['left-early'].closed
  await page.evaluate(() => fetch('/page').then(() => {}))
  const told = ['aborted', 'left'].map((kind) => `${kind}: ${calls[`${kind}-early`].state}, ${calls[`${kind}-begun`].state}`).join('; ')
  await context.close()
  return told
}
const open = 'aborted: open, closed; left: open, closed'
for (const [title, as, expected] of [
  ['no worker', undefined, 'aborted: closed, closed; left: closed, closed'],
  ['fetch(event.request)', 'request', open],
  ['fetch(url, { signal }) of the request', 'signal', open],
]) {
  const told = await see(as)
  console.log(`${`${title}:`.padEnd(43)} ${told}`)
  assert.equal(told, expected)
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
