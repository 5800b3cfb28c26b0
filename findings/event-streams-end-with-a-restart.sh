#!/usr/bin/env bash
# Chromium 156 and nginx 1.22: an EventSource behind a proxy does not come back after the service was restarted; without the proxy it does.
#
# Expected: an EventSource connects again by itself when its connection is lost, as often as it takes; that is what one has it for.
# Happens:  it does so while there is no answer at all. Any answer other than 200, with the exception of redirects, ends it for good, and a proxy
#           answers 502 while the service is away. readyState is CLOSED from then on; the event `error` is the same as for each lost
#           connection. The words for both are in the standard, and tests against the service itself see the first only.
# Seen:     a page with an EventSource whose service is restarted and back after two seconds; then one more event is sent:
#           to the service itself:           OPEN, connected again, the event arrives
#           through nginx:                   CLOSED, the event does not arrive
#           through nginx, 444 for its 502:  OPEN, connected again, the event arrives
# Matters:  at each deployment all open pages turn deaf and look well; only a reload mends them, and the service sees its streams shrink without an
#           error. Make a new EventSource when `error` comes with readyState CLOSED, after a random time; or have the proxy close the connection
#           in place of its 502 for this location (error_page 502 504 = @gone; location @gone { return 444; }).
# Needs Chromium and nginx (Debian: chromium, nginx-light).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ] || ! command -v nginx >/dev/null; then
  echo 'Chromium or nginx is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'

const streams = new Set()
const start = async (port) => {
  const server = createServer((request, response) => {
    if (request.url !== '/events') return void response.setHeader('content-type', 'text/html').end('<!doctype html><title>Events</title>')
    response.setHeader('content-type', 'text/event-stream').write('retry: 300\ndata: hello\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
let service = await start(0)
const { port } = service.address()
const free = await start(0)
const behind = { service: port, nginx: free.address().port, gone: 0 }
await new Promise((closed) => free.close(closed))
const other = await start(0)
behind.gone = other.address().port
await new Promise((closed) => other.close(closed))

const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
const part = (listens, more = '') => `server { listen 127.0.0.1:${listens}; ${more}
  location / { proxy_pass http://127.0.0.1:${port}; proxy_buffering off; } }`
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
  http { ${temporary} access_log off; ${part(behind.nginx)}
  ${part(behind.gone, 'error_page 502 504 = @gone; location @gone { return 444; }')} }\n`,
)
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`Chromium ${browser.version()}, ${execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()}, node ${process.version}`)
const end = (code) => {
  nginx.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 90_000).unref()

try {
  const pages = {}
  for (const [name, port] of Object.entries(behind)) {
    const page = await browser.newPage()
    pages[name] = page
    while (!(await page.goto(`http://127.0.0.1:${port}/`).catch(() => sleep(100)))?.ok());
    await page.evaluate(() => {
      window.seen = []
      window.source = new EventSource('/events')
      window.source.addEventListener('message', ({ data }) => window.seen.push(data))
    })
    await page.waitForFunction(() => window.seen.length === 1)
  }
  // The restart.
  const down = new Promise((closed) => service.close(closed))
  service.closeAllConnections()
  await down
  await sleep(2000)
  service = await start(port)
  for (const name of ['service', 'gone']) await pages[name].waitForFunction(() => window.seen.length === 2)
  // Three more times of `retry`.
  await sleep(1000)
  for (const response of streams) response.write('data: news\n\n')
  for (const name of ['service', 'gone']) await pages[name].waitForFunction(() => window.seen.includes('news'))

  for (const [title, name, expected] of [
    ['to the service itself', 'service', 'OPEN, hello hello news'],
    ['through nginx', 'nginx', 'CLOSED, hello'],
    ['through nginx, 444 for its 502', 'gone', 'OPEN, hello hello news'],
  ]) {
    const seen = await pages[name].evaluate(() => `${['CONNECTING', 'OPEN', 'CLOSED'][window.source.readyState]}, ${window.seen.join(' ')}`)
    console.log(`${`${title}:`.padEnd(32)} ${seen}`)
    assert.equal(seen, expected)
  }
  await browser.close()
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs "$browser"
