#!/usr/bin/env bash
# Chromium 156: a page that a service worker keeps after a redirect fails each visit with ERR_FAILED, although the service is well.
#
# Expected: cache.addAll(['/']) keeps what '/' answers with, and respondWith() of that shows it, as fetch() of the same address does.
# Happens:  if '/' redirects, to '/home', to '/login' or for a slash, the kept response is marked as redirected. A visit is a request that wants to
#           see redirects itself, and such a response is refused for it: the browser shows its error page. For fetch() the same response is good,
#           and the list of what is kept looks right. The service is not asked.
# Seen:     a worker that keeps '/', which redirects to '/home', and '/plain', and answers from what it keeps:
#           visit of /plain:                    the page
#           fetch('/') from there:              200, the page
#           visit of /:                         ERR_FAILED
#           visit of /, with a new Response:    the page
# Matters:  the first install happens when somebody is logged in, '/' is a page, and all is well. For who installs it logged out, '/' is the way to the
#           login, and the address of the application does not open any more until there is a new worker. Keep
#           new Response(response.body, response), or refuse what has `redirected`.
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

const worker = (keep) => `
  addEventListener('install', (event) => event.waitUntil(caches.open('pages').then(async (cache) => { ${keep} await skipWaiting() })))
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('fetch', (event) => event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request))))`
const plain = worker(`await cache.addAll(['/', '/plain']);`)
const copied = worker(`for (const path of ['/', '/plain']) {
  const response = await fetch(path)
  await cache.put(path, new Response(response.body, response))
}`)
const page = (title) => `<!doctype html><title>${title}</title>`

const see = async (script) => {
  const answers = { '/home': page('home'), '/plain': page('plain') }
  const server = createServer(({ url }, response) => {
    if (url === '/') return void response.writeHead(302, { location: '/home' }).end()
    response.setHeader('content-type', url === '/worker.js' ? 'text/javascript' : 'text/html')
    response.end(url === '/worker.js' ? script : answers[url])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}`
  const context = await browser.newContext()
  const tab = await context.newPage()
  await tab.goto(`${address}/plain`)
  await tab.evaluate(async () => {
    const claimed = new Promise((settle) => navigator.serviceWorker.addEventListener('controllerchange', settle))
    await navigator.serviceWorker.register('/worker.js')
    if (!navigator.serviceWorker.controller) await claimed
  })
  const visit = async (path) => {
    const tab = await context.newPage()
    return tab.goto(address + path).then(() => tab.title(), ({ message }) => /ERR_\w+/.exec(message)[0])
  }
  const seen = {
    plain: await visit('/plain'),
    fetched: await tab.evaluate(() => fetch('/').then(async (response) => `${response.status}, ${/<title>(.*)<\/title>/.exec(await response.text())[1]}`)),
    root: await visit('/'),
  }
  await context.close()
  return seen
}
const seen = await see(plain)
const mended = await see(copied)
for (const [title, told, expected] of [
  ['visit of /plain', seen.plain, 'plain'],
  ["fetch('/') from there", seen.fetched, '200, home'],
  ['visit of /', seen.root, 'ERR_FAILED'],
  ['visit of /, with a new Response', mended.root, 'home'],
]) {
  console.log(`${`${title}:`.padEnd(35)} ${told}`)
  assert.equal(told, expected)
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
