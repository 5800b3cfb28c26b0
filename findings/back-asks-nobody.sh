#!/usr/bin/env bash
# Chromium 156: after Back, a fetch() of the page gets what the cache has, although the answer says `Cache-Control: no-cache`.
#
# Expected: `no-cache` means that a kept answer is used only after the service has been asked whether it still holds. The page is loaded anew
#           after Back and its script runs, so its fetch() asks, like that of any other load.
# Happens:  Back is a return to what was seen, and while such a page is loading Chromium takes every answer that it has kept, of whatever age, for
#           the document, its scripts and also for what fetch() asks for. `max-age=0` and must-revalidate change nothing. The mode 'no-cache'
#           in the call, or `no-store` in the answer, makes it ask.
# Seen:     a page that shows fetch('/me'); then another page, on which the name is changed from Ann to Bea, and Back:
#           no-cache:                         Ann, the service was asked 0 times
#           max-age=0, must-revalidate:       Ann, the service was asked 0 times
#           no-cache, fetch with 'no-cache':  Bea, the service was asked 1 time
#           no-store:                         Bea, the service was asked 1 time
# Matters:  who goes back from the form to the list sees the old value and saves it again, and the ETag that the page holds is an old one as well.
#           A reload is right, and so is every test by navigation. (Under Playwright there is no cache of whole pages; where there is one,
#           the page comes back as it was, and no fetch() runs at all.)
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

const see = async (title, expected, control, mode = 'default') => {
  let name = 'Ann'
  let asked = 0
  const list = `<!doctype html><p></p><script>
    fetch('/me', { cache: '${mode}' }).then((response) => response.text()).then((text) => { document.querySelector('p').textContent = text })</script>`
  const server = createServer(({ url }, response) => {
    if (url === '/me') {
      asked += 1
      return void response.setHeader('cache-control', control).setHeader('etag', `"${name}"`).end(name)
    }
    response.setHeader('content-type', 'text/html').end(url === '/list' ? list : '<!doctype html><p>form</p>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}`
  const page = await browser.newPage()
  const shown = () => page.waitForFunction(() => document.querySelector('p')?.textContent).then((text) => text.jsonValue())
  await page.goto(`${address}/list`)
  assert.equal(await shown(), 'Ann')
  await page.goto(`${address}/form`)
  name = 'Bea'
  asked = 0
  await page.goBack()
  const seen = `${await shown()}, the service was asked ${asked} time${asked === 1 ? '' : 's'}`
  await page.reload()
  assert.equal(await shown(), 'Bea')
  await page.close()
  server.close()
  server.closeAllConnections()
  console.log(`${`${title}:`.padEnd(33)} ${seen}`)
  assert.equal(seen, expected)
}
const old = 'Ann, the service was asked 0 times'
const fresh = 'Bea, the service was asked 1 time'
await see('no-cache', old, 'no-cache')
await see('max-age=0, must-revalidate', old, 'max-age=0, must-revalidate')
await see("no-cache, fetch with 'no-cache'", fresh, 'no-cache', 'no-cache')
await see('no-store', fresh, 'no-store')
await browser.close()
process.exit()
JS
node see.mjs "$browser"
