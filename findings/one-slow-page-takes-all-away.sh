#!/usr/bin/env bash
# nginx 1.22 before two servers: one call of a page that is too slow makes every other page a 502 for ten seconds.
#
# Expected: with two servers in an upstream, one that does not answer is left out for a while, and the other one serves. A page that takes longer than
#           proxy_read_timeout is a 504 for who asked for it.
# Happens:  a page that takes too long counts as a failure of the server. After one (max_fails=1 by default) it is left out for fail_timeout, ten
#           seconds, and the same call goes to the next server, where it is too slow again. So one call marks all of them, and until the
#           time is over nginx answers 502 by itself, "no live upstreams". A DELETE is sent to the next server as well; a POST is not.
# Seen:     two servers that answer /quick at once and /slow after three seconds, proxy_read_timeout 1s:
#           GET /slow:                         504, both servers got it
#           GET /quick, three times:           502, no server got any; answered again after 10 s
#           DELETE /slow:                      both servers got it
#           max_fails=0, /quick after /slow:   200
#           one server, /quick after /slow:    200
# Matters:  a report that is too slow once in a minute takes a service away for ten seconds of it, in which every server was well. The second
#           server, put in to be safer, is what does it: one server alone is never left out. Give slow pages a location with a longer time,
#           set max_fails to a number that one page does not reach, and proxy_next_upstream without timeout.
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

const asked = []
const listen = async (name) => {
  const server = createServer(async ({ method, url }, response) => {
    asked.push(`${method} ${url} by ${name}`)
    if (url === '/slow') await sleep(3000)
    response.end('done')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
const servers = [await listen('a'), await listen('b')]
const ports = { two: await freePort(), never: await freePort(), one: await freePort() }
const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
const part = (name, list, more = '') => `upstream ${name} { ${list.map((port) => `server 127.0.0.1:${port}${more};`).join(' ')} }
  server { listen 127.0.0.1:${ports[name]}; location / { proxy_pass http://${name}; proxy_read_timeout 1s; } }`
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log error; events {}
  http { ${temporary} access_log off;
  ${part('two', servers)}
  ${part('never', servers, ' max_fails=0')}
  ${part('one', servers.slice(0, 1))} }\n`,
)
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
const end = (code) => {
  nginx.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()

const status = async (name, path, method = 'GET') => (await fetch(`http://127.0.0.1:${ports[name]}${path}`, { method })).status
const line = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(34)} ${seen}`)
  assert.equal(seen, expected)
}
try {
  while ((await status('one', '/ready').catch(() => sleep(100))) !== 200);
  for (const name of ['never', 'one']) {
    assert.equal(await status(name, '/slow'), 504)
    line(name === 'one' ? 'one server, /quick after /slow' : 'max_fails=0, /quick after /slow', await status(name, '/quick'), 200)
  }

  asked.length = 0
  const slow = await status('two', '/slow')
  line('GET /slow', `${slow}, ${asked.sort().join(', ')}`, '504, GET /slow by a, GET /slow by b')
  asked.length = 0
  const begin = performance.now()
  const seen = [await status('two', '/quick'), await status('two', '/quick'), await status('two', '/quick')]
  line('GET /quick, three times', `${seen}; ${asked.length} reached a server`, '502,502,502; 0 reached a server')
  while ((await status('two', '/quick')) === 502) await sleep(250)
  const time = Math.round((performance.now() - begin) / 1000)
  console.log(`${'GET /quick is answered again:'.padEnd(34)} after ${time} s`)
  assert.ok(time >= 8)

  asked.length = 0
  assert.equal(await status('two', '/slow', 'DELETE'), 504)
  line('DELETE /slow', asked.sort().join(', '), 'DELETE /slow by a, DELETE /slow by b')
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
