#!/usr/bin/env bash
# Chromium 156 with express 5.3.0: a session cookie that gets the attribute Partitioned stands beside the old one, and a logout removes one of the two.
#
# Expected: a cookie of the same name, host and path replaces the one before; attributes such as HttpOnly or SameSite may change with a new version of
#           the service, and Max-Age=0 for that name and path removes it.
# Happens:  the partition is part of what a cookie is. With and without it there are two cookies, both are sent under one name, in the order in which they
#           were made, and most parsers, cookie-parser among them, take the first. Set-Cookie to remove reaches only the kind it is written as.
# Seen:     `session` set by the old version, then with { partitioned: true } by the new one; what is sent, and what the service reads:
#           old, then new:                                   session=old; session=new, read as old
#           the same, clearCookie as it was:                 session=new, read as new
#           the same, clearCookie with partitioned:          session=old, read as old
#           new alone, clearCookie as it was:                session=new, read as new
#           old, then new, both cleared:                     none
# Matters:  one adds Partitioned for applications in a frame of another site. Until the old cookies have run out, everybody who had one stays in the old
#           session whatever the login does, and a logout logs nobody out. Give the cookie a new name together with the attribute, and clear
#           both ways at a logout.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0 cookie-parser@1.4.7 playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import parser from 'cookie-parser'
import express from 'express'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 60_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, express 5.3.0, cookie-parser 1.4.7, node ${process.version}`)
const plain = { path: '/', httpOnly: true, secure: true, sameSite: 'none' }
const partitioned = { ...plain, partitioned: true }
const app = express().use(parser())
app.get('/old', (_, response) => response.cookie('session', 'old', plain).send())
app.get('/new', (_, response) => response.cookie('session', 'new', partitioned).send())
app.get('/clear', (_, response) => response.clearCookie('session', plain).send())
app.get('/clear-partitioned', (_, response) => response.clearCookie('session', partitioned).send())
app.get('/me', ({ cookies, headers }, response) => response.send(headers.cookie ? `${headers.cookie}, read as ${cookies.session}` : 'none'))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
for (const [title, steps, expected] of [
  ['old, then new', ['old', 'new'], 'session=old; session=new, read as old'],
  ['the same, clearCookie as it was', ['old', 'new', 'clear'], 'session=new, read as new'],
  ['the same, clearCookie with partitioned', ['old', 'new', 'clear-partitioned'], 'session=old, read as old'],
  ['new alone, clearCookie as it was', ['new', 'clear'], 'session=new, read as new'],
  ['old, then new, both cleared', ['old', 'new', 'clear', 'clear-partitioned'], 'none'],
]) {
  const context = await browser.newContext()
  const page = await context.newPage()
  for (const step of [...steps, 'me']) await page.goto(`http://127.0.0.1:${server.address().port}/${step}`)
  const seen = await page.textContent('body')
  console.log(`${`${title}:`.padEnd(48)} ${seen}`)
  assert.equal(seen, expected)
  await context.close()
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
