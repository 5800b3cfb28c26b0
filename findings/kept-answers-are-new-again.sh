#!/usr/bin/env bash
# nginx 1.22 before undici 8.13.1: an answer that nginx has kept is handed out as if it were new, so the times of caches in a row add up.
#
# Expected: a cache says by the header Age how long it has had an answer (RFC 9111, 5.1: it must), so that the next cache, as that of a browser,
#           takes this off max-age, and nobody uses an answer that is older than the service allows.
# Happens:  nginx sends no Age. It replaces the stored Date by the present one as well, so the answer looks as if it were made now, and max-age
#           starts again with each nginx on the way. HAProxy's cache sends Age.
# Seen:     an answer with max-age=6 that comes into the proxy's cache; four seconds later a client with a cache of its own (undici's) asks the
#           proxy, and again four seconds after that, when the answer is eight seconds old and the service has another one:
#           nginx:      HIT without Age, its Date that of the moment; at the end the client uses the first answer
#           HAProxy:    Age 4, its Date that of the service; at the end the client uses the second answer
# Matters:  "at most a minute old" is two minutes behind one nginx and three behind two. What was withdrawn, as a key or a right, is used longer
#           than anybody was told to wait, and the headers that one looks at say that it is fresh. Give clients less time than nginx
#           (s-maxage is for nginx), or have the service write what it counts from into the answer.
# Needs nginx and HAProxy (Debian: nginx-light, haproxy).
set -euo pipefail
for program in nginx haproxy; do
  command -v "$program" >/dev/null || {
    echo "$program is not installed" >&2
    exit 1
  }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, interceptors, request } from 'undici'

const told = (program, option) => execFileSync('sh', ['-c', `${program} ${option} 2>&1`], { encoding: 'utf8' }).split('\n')[0]
console.log(`undici 8.13.1, node ${process.version}, ${told('nginx', '-v')}, ${told('haproxy', '-v')}`)

const made = new Map()
/** Each path is answered with how often it was asked for. */
const service = createServer((request, response) => {
  if (request.url === '/ready') return void response.end()
  const count = (made.get(request.url) ?? 0) + 1
  made.set(request.url, count)
  response.setHeader('cache-control', 'public, max-age=6').end(String(count))
}).listen(0, '127.0.0.1')
await once(service, 'listening')
const behind = `127.0.0.1:${service.address().port}`

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
const ports = { nginx: await freePort(), HAProxy: await freePort() }
const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
  http { ${temporary} access_log off; proxy_cache_path ${folder}/cache keys_zone=pages:1m;
    server { listen 127.0.0.1:${ports.nginx}; location / { proxy_pass http://${behind}; proxy_cache pages; } } }\n`,
)
writeFileSync(
  'haproxy.cfg',
  `cache pages
  total-max-size 4
  max-age 60
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen api
  bind 127.0.0.1:${ports.HAProxy}
  http-request cache-use pages
  http-response cache-store pages
  server api ${behind}\n`,
)
const proxies = [
  spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' }),
  spawn('haproxy', ['-db', '-f', 'haproxy.cfg'], { stdio: 'ignore' }),
]
const end = (code) => {
  for (const proxy of proxies) proxy.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()

const see = async (name) => {
  const url = `http://127.0.0.1:${ports[name]}/${name}`
  const dispatcher = new Agent().compose(interceptors.cache())
  const first = await request(url)
  assert.equal(await first.body.text(), '1')
  await sleep(4000)
  const second = await request(url, { dispatcher })
  const { age, date } = second.headers
  assert.equal(await second.body.text(), '1')
  const kept = date === first.headers.date ? 'that of the service' : 'that of the moment'
  assert.ok(kept === 'that of the service' || Date.parse(date) - Date.parse(first.headers.date) >= 3000)
  await sleep(4000)
  const third = await request(url, { dispatcher })
  return `${age ? `Age ${age}` : 'no Age'}, its Date ${kept}; at the end the client uses answer ${await third.body.text()}`
}
try {
  for (const port of Object.values(ports)) while (!(await fetch(`http://127.0.0.1:${port}/ready`).catch(() => sleep(100)))?.ok);
  const seen = await Promise.all([see('nginx'), see('HAProxy')])
  console.log(`nginx:     ${seen[0]}\nHAProxy:   ${seen[1]}`)
  assert.equal(seen[0], 'no Age, its Date that of the moment; at the end the client uses answer 1')
  assert.match(seen[1], /^Age [45], its Date that of the service; at the end the client uses answer 2$/)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
