#!/usr/bin/env bash
# Chromium 156: a logout with `Clear-Site-Data: "cookies"` takes the cookies of all other applications of the domain, `__Host-` or not.
#
# Expected: the header clears what belongs to the origin that has sent it, as its value "storage" does. A cookie with the prefix __Host- is of one
#           host alone, and no other host can set or delete it.
# Happens:  for cookies the standard takes the registrable domain: all hosts below example.com, the domain itself, each port, each prefix. "storage"
#           and "cache" are of the origin.
# Seen:     three applications, each with a cookie __Host-session; app.example.test logs out with Clear-Site-Data:
#           "cookies":             app none, admin.example.test none, app.another.test kept
#           "storage":             app kept, admin.example.test kept, app.another.test kept
#           none, but Max-Age=0:   app none, admin.example.test kept, app.another.test kept
# Matters:  lists of good headers recommend it for each logout. A user who leaves the shop is out of the mail, the wiki and the identity provider
#           too, with half-written texts, the choice of consent and the mark of the known device. On localhost, where each name is a domain of its
#           own, it does not show. End the session on the server and set one's own cookie to Max-Age=0.
# Needs Chromium and openssl (Debian: chromium, openssl).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ] || ! command -v openssl >/dev/null; then
  echo 'Chromium or openssl is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" playwright-core@1.65.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=example.test 2>/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--host-resolver-rules=MAP *.test 127.0.0.1'] })
console.log(`Chromium ${browser.version()}, playwright-core 1.65.1, node ${process.version}`)

const cookie = '__Host-session=1; Path=/; Secure; HttpOnly'
let leave
const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, (request, response) => {
  response.setHeader('content-type', 'text/html')
  if (request.url === '/login') response.setHeader('set-cookie', cookie)
  if (request.url === '/logout') response.setHeader(...leave)
  response.end(`<!doctype html><p>${request.headers.cookie ? 'kept' : 'none'}</p>`)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

const hosts = ['app.example.test', 'admin.example.test', 'app.another.test']
for (const [title, header, expected] of [
  ['"cookies"', ['clear-site-data', '"cookies"'], 'app none, admin.example.test none, app.another.test kept'],
  ['"storage"', ['clear-site-data', '"storage"'], 'app kept, admin.example.test kept, app.another.test kept'],
  ['none, but Max-Age=0', ['set-cookie', `${cookie}; Max-Age=0`], 'app none, admin.example.test kept, app.another.test kept'],
]) {
  leave = header
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  const visit = (host, path) => page.goto(`https://${host}:${port}${path}`)
  for (const host of hosts) await visit(host, '/login')
  await visit(hosts[0], '/logout')
  const kept = []
  for (const host of hosts) {
    await visit(host, '/')
    kept.push(`${host === hosts[0] ? 'app' : host} ${await page.locator('p').textContent()}`)
  }
  const seen = kept.join(', ')
  console.log(`${`${title}:`.padEnd(22)} ${seen}`)
  assert.equal(seen, expected)
  await context.close()
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
