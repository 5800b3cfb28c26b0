#!/usr/bin/env bash
# helmet 8.3.0 with express 5.3.0 and Chromium 156: under helmet's default Referrer-Policy a form of one's own page is posted with `Origin: null`.
#
# Expected: Referrer-Policy says what stands in the header Referer. Origin is another header, made for guards against forgery, and a POST from
#           one's own page has one's own origin in it.
# Happens:  helmet sets `Referrer-Policy: no-referrer`. For what is not a CORS request, and the sending of a form is none, the standard of fetch
#           applies the policy to Origin as well, and makes it `null`. A fetch() of the same page is a CORS request by its mode, and keeps it.
# Seen:     a page at http://127.0.0.1:PORT that posts to itself, the header Origin of each request:
#           helmet(), fetch():                 http://127.0.0.1:PORT, Sec-Fetch-Site same-origin
#           helmet(), form:                    null, Sec-Fetch-Site same-origin
#           helmet(), form in another tab:     null, Sec-Fetch-Site same-origin
#           with referrerPolicy same-origin:   http://127.0.0.1:PORT, Sec-Fetch-Site same-origin
# Matters:  a guard that compares Origin refuses each login form and each logout button, while all calls by script pass. Who then adds `null` to the
#           list lets in every sandboxed frame. Two rules that are right by themselves meet here; set
#           referrerPolicy: { policy: 'same-origin' }.
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

const see = async (title, expected, options, how) => {
  const app = express().use(helmet(options))
  let seen
  app.get('/', (_, response) => response.send('<form method="post" action="/login"><button>Log in</button></form>'))
  app.post('/login', ({ headers }, response) => {
    seen = `${headers.origin}, Sec-Fetch-Site ${headers['sec-fetch-site']}`
    response.send('<p>done</p>')
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  if (how === 'fetch') await page.evaluate(() => fetch('/login', { method: 'POST' }).then((response) => response.text()))
  else {
    const other = how === 'tab' ? page.context().waitForEvent('page') : page
    if (how === 'tab') await page.locator('form').evaluate((form) => form.setAttribute('target', '_blank'))
    await page.getByRole('button').click()
    await (await other).getByText('done').waitFor()
  }
  await page.close()
  server.close()
  server.closeAllConnections()
  seen = seen.replace(port, 'PORT')
  console.log(`${`${title}:`.padEnd(34)} ${seen}`)
  assert.equal(seen, expected)
}
const own = 'http://127.0.0.1:PORT, Sec-Fetch-Site same-origin'
const none = 'null, Sec-Fetch-Site same-origin'
await see('helmet(), fetch()', own, {}, 'fetch')
await see('helmet(), form', none, {}, 'form')
await see('helmet(), form in another tab', none, {}, 'tab')
await see('with referrerPolicy same-origin', own, { referrerPolicy: { policy: 'same-origin' } }, 'form')
await browser.close()
process.exit()
JS
node see.mjs "$browser"
