#!/usr/bin/env bash
# nginx 1.22 with proxy_cache_lock: who waits for another's answer gets it half a second late, however fast the service was.
#
# Expected: with `proxy_cache_lock on` one of several equal requests goes to the service, and the others get the answer once it is there. So they
#           wait about as long as the first.
# Happens:  nobody wakes them. nginx looks every 500 ms whether the answer is in the cache (source: a fixed timer in ngx_http_file_cache_lock), so
#           with a service that takes less than that a waiter gets its answer after half a second. proxy_cache_lock_timeout
#           and proxy_cache_lock_age, the two times that can be set, set something else.
# Seen:     four equal requests at once, a service that takes 20 ms:
#           proxy_cache_lock on:    the service is asked once, 1 MISS at once and 3 HITs after 500 ms or more
#           proxy_cache_lock off:   the service is asked 4 times, 4 MISSes at once
# Matters:  the lock, put in to be kind to a service, makes each answer that several wait for ten times slower for all but one, each time
#           that it runs out. No time of the service and no log of errors shows it; `$request_time` of HITs does. For an answer that is ready
#           sooner than in half a second, leave the lock off.
# Needs nginx (Debian: nginx-light).
set -euo pipefail
command -v nginx >/dev/null || {
  echo 'nginx is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

console.log(`${execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()}, node ${process.version}`)

let asked = 0
const service = createServer(async (request, response) => {
  asked += 1
  await sleep(20)
  response.setHeader('cache-control', 'public, max-age=60').end('an answer')
}).listen(0, '127.0.0.1')
await once(service, 'listening')

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
const locked = await freePort()
const plain = await freePort()
const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
const server = (port, lock) => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${service.address().port};
  proxy_cache pages; proxy_cache_key $server_port$request_uri; proxy_cache_lock ${lock}; add_header X-Cache $upstream_cache_status; } }`
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
  http { ${temporary} access_log off; proxy_cache_path ${folder}/cache keys_zone=pages:1m; ${server(locked, 'on')} ${server(plain, 'off')} }\n`,
)
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
const end = (code) => {
  nginx.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

const read = async (url) => {
  const begin = performance.now()
  const response = await fetch(url)
  await response.text()
  return { state: response.headers.get('x-cache'), time: Math.round(performance.now() - begin) }
}
try {
  while (!(await fetch(`http://127.0.0.1:${plain}/ready`).catch(() => sleep(100)))?.ok);
  // The connections, so that the first four that count find them.
  for (const port of [locked, plain]) await Promise.all([1, 2, 3, 4].map((count) => read(`http://127.0.0.1:${port}/warm/${count}`)))
  for (const [title, port, states, calls] of [
    ['proxy_cache_lock on', locked, ['HIT', 'HIT', 'HIT', 'MISS'], 1],
    ['proxy_cache_lock off', plain, ['MISS', 'MISS', 'MISS', 'MISS'], 4],
  ]) {
    asked = 0
    const seen = await Promise.all([1, 2, 3, 4].map(() => read(`http://127.0.0.1:${port}/page`)))
    const line = seen.map(({ state, time }) => `${state} ${time} ms`).sort()
    console.log(`${`${title}:`.padEnd(23)} the service is asked ${asked} times; ${line.join(', ')}`)
    assert.equal(asked, calls)
    assert.deepEqual(seen.map(({ state }) => state).sort(), states)
    const slowest = Math.max(...seen.filter(({ state }) => state === 'MISS').map(({ time }) => time))
    for (const { state, time } of seen) if (state === 'HIT') assert.ok(time >= 490 && time > slowest)
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
