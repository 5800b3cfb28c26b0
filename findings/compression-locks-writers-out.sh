#!/usr/bin/env bash
# nginx 1.22 and HAProxy 2.6 before an API with If-Match: compression that is switched on at the proxy makes all writing of browsers and fetch fail.
#
# Expected: compression at a proxy is between it and the reader. Who reads a document, and writes it with If-Match and the ETag that came with it,
#           passes unless somebody else wrote in between, and is answered 412 then alone.
# Happens:  each is right. What is compressed is no longer the same bytes, so both proxies make the strong ETag "7" a weak one, W/"7"; and
#           If-Match compares strongly (RFC 9110, 13.1.1), by which a weak tag matches nothing, not even itself. So every write is 412.
#           Reading goes on well, as If-None-Match compares weakly.
# Seen:     reader that takes gzip, nginx:     ETag W/"7", read again 304, write 412
#           reader that takes gzip, HAProxy:   ETag W/"7", read again 304, write 412
#           reader that takes none, nginx:     ETag "7", read again 304, write 200
#           reader that takes none, HAProxy:   ETag "7", read again 304, write 200
# Matters:  the answer tells people that somebody else has changed what nobody has, and reading anew, the cure for it, never helps. curl takes
#           no compression by itself and shows no fault. Take the W/ away where the tags are compared, or put the version into the document.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const told = (program, option) => execFileSync('sh', ['-c', `${program} ${option} 2>&1`], { encoding: 'utf8' }).split('\n')[0]
console.log(`node ${process.version}, ${told('nginx', '-v')}, ${told('haproxy', '-v')}`)

const opaque = (tag) => tag.replace(/^W\//, '')
const tags = (list) => list?.split(',').map((tag) => tag.trim()) ?? []
/** A document with a version, and the two comparisons of RFC 9110, 8.8.3.2. */
const api = createServer((request, response) => {
  const etag = '"7"'
  response.setHeader('etag', etag).setHeader('content-type', 'application/json')
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers
  if (match && !tags(match).some((tag) => tag === etag && !tag.startsWith('W/'))) response.writeHead(412).end()
  else if (tags(noneMatch).some((tag) => opaque(tag) === opaque(etag))) response.writeHead(304).end()
  else response.end(JSON.stringify({ text: 'long '.repeat(1000) }))
}).listen(0, '127.0.0.1')
await once(api, 'listening')
const behind = `127.0.0.1:${api.address().port}`

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
const ports = { nginx: await freePort(), HAProxy: await freePort() }
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${process.cwd()}/${name};`).join(' ')
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${process.cwd()}/pid; error_log stderr crit;
  events {}
  http { access_log off; ${temporary}
    server { listen 127.0.0.1:${ports.nginx}; gzip on; gzip_types application/json;
      location / { proxy_pass http://${behind}; } } }\n`,
)
writeFileSync(
  'haproxy.cfg',
  `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen api
  bind 127.0.0.1:${ports.HAProxy}
  compression algo gzip
  compression type application/json
  server api ${behind}\n`,
)
const proxies = [
  spawn('nginx', ['-p', process.cwd(), '-e', 'stderr', '-c', `${process.cwd()}/nginx.conf`], { stdio: 'ignore' }),
  spawn('haproxy', ['-db', '-f', 'haproxy.cfg'], { stdio: 'ignore' }),
]
const end = (code) => {
  for (const proxy of proxies) proxy.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

try {
  for (const [coding, taken] of [['gzip', 'gzip'], ['identity', 'none']]) {
    for (const [proxy, port] of Object.entries(ports)) {
      const url = `http://127.0.0.1:${port}/document`
      const headers = { 'accept-encoding': coding }
      let read
      while (!read) read = await fetch(url, { headers }).catch(() => sleep(100))
      const etag = read.headers.get('etag')
      assert.equal((await read.json()).text.length, 5000)
      const again = await fetch(url, { headers: { ...headers, 'if-none-match': etag } })
      const write = await fetch(url, { method: 'PUT', headers: { ...headers, 'if-match': etag }, body: '{}' })
      console.log(`reader that takes ${taken}, ${`${proxy}:`.padEnd(10)} ETag ${etag}, read again ${again.status}, write ${write.status}`)
      assert.deepEqual([etag, again.status, write.status], coding === 'gzip' ? ['W/"7"', 304, 412] : ['"7"', 304, 200])
    }
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
