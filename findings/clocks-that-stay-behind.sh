#!/usr/bin/env bash
# Node 26.10.0 (node:test), jest 30.5.2 and playwright-core 1.65.1 with Chromium 156: each of their mocked clocks moves other clocks, and none all.
#
# Expected: with the clock mocked, what asks for the time gets the mocked one, and what waits is done when the clock has been moved past it.
# Happens:  node:test mocks Date and timers. Temporal.Now, performance.now() and Intl.DateTimeFormat, which takes the present when it is given nothing,
#           stay real. jest mocks those and leaves AbortSignal.timeout() and node:timers/promises, so limits on calls run in real time. After
#           node:test's reset() the real scheduler.wait() throws ERR_INVALID_THIS for the rest of the process.
# Seen:     the clock set to 1970 and moved by five seconds; waits of one second:
#                                    node:test    jest     Playwright
#           Date                     mocked       mocked   mocked
#           Temporal.Now             real         mocked   mocked
#           Intl.DateTimeFormat      real         mocked   mocked
#           performance.now          real         mocked   mocked
#           setTimeout               mocked       mocked   mocked
#           AbortSignal.timeout      mocked       real     mocked
#           timers/promises          mocked       real     -
#           scheduler.wait, later    throws       works    -
# Matters:  a session that Date begins and Temporal ends is 56 years old in one test and new in the other. Tests that say what happens "in two hours"
#           hold today by chance, and a test of a time limit waits for it in real time, or hangs. Move to Temporal with a clock of one's own that is
#           passed in, and test with that.
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
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 jest@30.5.2 playwright-core@1.65.1

# What each of them is asked; it needs nothing from outside, as it also runs in the page.
cat >probe.js <<'JS'
exports.probe = async (move, promises) => {
  const since = performance.now()
  const done = new Set()
  setTimeout(() => done.add('setTimeout'), 1000)
  AbortSignal.timeout(1000).addEventListener('abort', () => done.add('AbortSignal.timeout'))
  promises?.setTimeout(1000).then(() => done.add('timers/promises'))
  await move(5000)
  // Promises that are due.
  for (let count = 0; count < 20; count++) await null
  const year = (text) => String(text).includes('1970')
  const seen = {
    Date: year(new Date().toISOString()),
    'Temporal.Now': year(Temporal.Now.instant()),
    'Intl.DateTimeFormat': year(new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format()),
    'performance.now': performance.now() - since > 4500,
    setTimeout: done.has('setTimeout'),
    'AbortSignal.timeout': done.has('AbortSignal.timeout'),
    ...(promises ? { 'timers/promises': done.has('timers/promises') } : {}),
  }
  return Object.fromEntries(Object.entries(seen).map(([name, mocked]) => [name, mocked ? 'mocked' : 'real']))
}
JS
cat >jest.test.js <<'JS'
const { writeFileSync } = require('node:fs')
const promises = require('node:timers/promises')
const { probe } = require('./probe.js')

test('what is mocked', async () => {
  jest.useFakeTimers({ now: 0 })
  const seen = await probe((time) => jest.advanceTimersByTimeAsync(time), promises)
  jest.useRealTimers()
  seen['scheduler.wait, later'] = await promises.scheduler.wait(1).then(() => 'works')
  writeFileSync('jest.json', JSON.stringify(seen))
})
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mock } from 'node:test'
import promises from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { probe } from './probe.js'

setTimeout(() => process.exit(1), 90_000).unref()
const seen = {}
mock.timers.enable({ now: 0 })
seen['node:test'] = await probe(async (time) => mock.timers.tick(time), promises)
mock.timers.reset()
try {
  await promises.scheduler.wait(1)
  seen['node:test']['scheduler.wait, later'] = 'works'
} catch ({ code }) {
  assert.equal(code, 'ERR_INVALID_THIS')
  seen['node:test']['scheduler.wait, later'] = 'throws'
}
seen.jest = JSON.parse(readFileSync('jest.json', 'utf8'))

const browser = await chromium.launch({ executablePath: process.argv[2] })
const page = await browser.newPage()
await page.clock.install({ time: 0 })
await page.goto('data:text/html,<!doctype html><title>clock</title>')
await page.clock.pauseAt(1000)
await page.exposeFunction('move', (time) => page.clock.runFor(time))
seen.Playwright = await page.evaluate(`(${probe})(move)`)
console.log(`node ${process.version}, jest 30.5.2, playwright-core 1.65.1, Chromium ${browser.version()}`)
await browser.close()

const mocked = 'mocked'
const expected = {
  Date: [mocked, mocked, mocked],
  'Temporal.Now': ['real', mocked, mocked],
  'Intl.DateTimeFormat': ['real', mocked, mocked],
  'performance.now': ['real', mocked, mocked],
  setTimeout: [mocked, mocked, mocked],
  'AbortSignal.timeout': [mocked, 'real', mocked],
  'timers/promises': [mocked, 'real', undefined],
  'scheduler.wait, later': ['throws', 'works', undefined],
}
const columns = Object.keys(seen)
console.log(''.padEnd(24), ...columns.map((name) => name.padEnd(11)))
for (const [name, row] of Object.entries(expected)) {
  const told = columns.map((column) => seen[column][name])
  console.log(name.padEnd(24), ...told.map((state = '-') => state.padEnd(11)))
  assert.deepEqual(told, row)
}
process.exit()
JS
node_modules/.bin/node node_modules/jest/bin/jest.js --silent >said 2>&1 || {
  cat said >&2
  exit 1
}
node_modules/.bin/node see.mjs "$browser"
