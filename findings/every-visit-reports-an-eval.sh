#!/usr/bin/env bash
# zod 4.6.7 in Chromium 156: under a Content-Security-Policy without unsafe-eval each load of a page with a schema of zod is reported as a violation.
#
# Expected: a library that makes no use of eval where it is not allowed breaks no rule, so the log of violations stays empty.
# Happens:  to find out whether it may compile its checks, zod tries it: it calls new Function('') when the first schema of an object is made, and
#           catches the error. parse() works. To the browser the attempt is a violation, which it reports to report-uri and to
#           securitypolicyviolation. z.config({ jitless: true }) before that does without.
# Seen:     a bundled page under default-src 'self'; reports that came:
#           zod 4.6.7, loaded:            none
#           zod 4.6.7, a schema made:     1, eval, by /page.js
#           zod 4.6.7, parse():           1, eval, by /page.js; parsed
#           with jitless: true:           none; parsed
#           zod 3.25.76, parse():         none; parsed
# Matters:  with each visit of each user comes a report of a blocked eval, which is what an attack would look like. The address that takes reports
#           is flooded, the alarm is switched off, or 'unsafe-eval' is allowed "as something needs it". Tests do not see it: nothing fails.
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
echo '{ "private": true, "allowScripts": { "esbuild": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" zod@4.6.7 zod-3@npm:zod@3.25.76 esbuild@0.28.2 playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buildSync } from 'esbuild'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`zod 4.6.7 and 3.25.76, Chromium ${browser.version()}, node ${process.version}`)

const see = async (title, expected, from, what, before = '') => {
  const parse = what === 'parsed'
  const contents = `import { z } from '${from}'
    ${before}
    const make = () => z.object({ name: z.string() })
    if ('${what}' === 'loaded') globalThis.make = make
    else {
      const schema = make()
      if (${parse}) document.body.textContent = ['Ann', 'Bea'].map((name) => schema.parse({ name }).name).join()
    }
    document.title = 'done'`
  const script = buildSync({ stdin: { contents, resolveDir: process.cwd() }, bundle: true, write: false, format: 'iife' }).outputFiles[0].text
  const reports = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const text of request) body += text
    if (request.url === '/report') reports.push(JSON.parse(body)['csp-report'])
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.setHeader('content-security-policy', `default-src 'self'; report-uri /report`)
    response.end(isScript ? script : '<!doctype html><body><script src="/page.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const page = await browser.newPage()
  const report = page.waitForRequest('**/report', { timeout: 1500 }).then((request) => request.response(), () => {})
  await page.goto(`http://127.0.0.1:${server.address().port}`)
  await page.waitForFunction(() => document.title)
  assert.equal(await page.textContent('body'), parse ? 'Ann,Bea' : '')
  await report
  await page.close()
  server.close()
  server.closeAllConnections()
  const told = reports.map((one) => `${one['blocked-uri']}, by ${new URL(one['source-file']).pathname}`)
  const seen = `${told.length ? `${told.length}, ${told.join(' and ')}` : 'none'}${parse ? '; parsed' : ''}`
  console.log(`${`${title}:`.padEnd(29)} ${seen}`)
  assert.equal(seen, expected)
}
await see('zod 4.6.7, loaded', 'none', 'zod', 'loaded')
await see('zod 4.6.7, a schema made', '1, eval, by /page.js', 'zod', 'made')
await see('zod 4.6.7, parse()', '1, eval, by /page.js; parsed', 'zod', 'parsed')
await see('with jitless: true', 'none; parsed', 'zod', 'parsed', 'z.config({ jitless: true })')
await see('zod 3.25.76, parse()', 'none; parsed', 'zod-3', 'parsed')
await browser.close()
process.exit()
JS
node see.mjs "$browser"
