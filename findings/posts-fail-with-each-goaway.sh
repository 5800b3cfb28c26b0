#!/usr/bin/env bash
# Node 26.10.0 and undici 8.13.1 with nginx 1.22: over HTTP/2, POSTs fail each time that nginx replaces the connection in the ordinary way.
#
# Expected: nginx ends a connection after keepalive_requests (1000 by default). It says so beforehand by GOAWAY, with the number of the last request
#           that it takes, so the client knows which ones were not looked at, and may send those again whatever their method is.
# Happens:  undici, which speaks HTTP/2 without being told since version 8, sends GETs again and gives up the POSTs: each one that was on its way
#           beyond that number fails with "HTTP/2: GOAWAY", whose code UND_ERR_INFO stands for no error in particular. Over HTTP/1.1 the
#           header `Connection: close` comes with the last answer, and nothing is lost.
# Seen:     400 requests by fetch, 20 at a time, through nginx with keepalive_requests 50:
#           HTTP/1.1, POST:                  400 answered, 0 failed
#           HTTP/2, GET:                     400 answered, 0 failed
#           HTTP/2, POST:                    some fail with UND_ERR_INFO (20 to 60 in different runs); of these the service got none
#           HTTP/2, POST, one at a time:     400 answered, 0 failed
# Matters:  in tests by hand and one call at a time there is not one; with twenty calls at a time one POST in a hundred fails under nginx's default
#           (42 of 4000). It was not carried out and might be sent again, which its code does not show, so who repeats by codes does not.
#           `allowH2: false` on the Agent is the way out.
# Needs nginx with HTTP/2 and openssl (Debian: nginx-light, openssl).
set -euo pipefail
for program in nginx openssl; do
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
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch } from 'undici'

const version = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()
console.log(`undici 8.13.1, node ${process.version} with undici ${process.versions.undici}, ${version}`)

let served = 0
const service = createServer(async (request, response) => {
  for await (const _ of request);
  served += request.url === '/ready' ? 0 : 1
  await sleep(10)
  response.end('done')
}).listen(0, '127.0.0.1')
await once(service, 'listening')

const free = createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
await new Promise((closed) => free.close(closed))

const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
  http { ${temporary} access_log off; keepalive_requests 50;
    server { listen 127.0.0.1:${port} ssl http2; ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
      location / { proxy_pass http://127.0.0.1:${service.address().port}; } } }\n`,
)
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
const end = (code) => {
  nginx.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 90_000).unref()

const url = `https://127.0.0.1:${port}/`
const ca = readFileSync('certificate.pem')
const send = async (method, together, allowH2) => {
  const dispatcher = new Agent({ ...(allowH2 ? {} : { allowH2 }), connect: { ca } })
  const codes = new Map()
  let answered = 0
  served = 0
  const one = async () => {
    try {
      const response = await fetch(url, { method, dispatcher, ...(method === 'POST' ? { body: 'a message' } : {}) })
      await response.text()
      answered += 1
    } catch ({ cause }) {
      const code = `${cause.code} ${cause.message.includes('GOAWAY') ? 'GOAWAY' : cause.message}`
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: together }, async () => {
    for (let count = 0; count < 400 / together; count++) await one()
  }))
  await dispatcher.destroy()
  return { answered, failed: 400 - answered, served, codes: [...codes.keys()] }
}

try {
  const ready = new Agent({ allowH2: false, connect: { ca } })
  while (!(await fetch(`${url}ready`, { dispatcher: ready }).catch(() => sleep(100)))?.ok);
  await ready.destroy()
  for (const [title, method, together, allowH2, fails] of [
    ['HTTP/1.1, POST', 'POST', 20, false, false],
    ['HTTP/2, GET', 'GET', 20, true, false],
    ['HTTP/2, POST', 'POST', 20, true, true],
    ['HTTP/2, POST, one at a time', 'POST', 1, true, false],
  ]) {
    const seen = await send(method, together, allowH2)
    console.log(`${`${title}:`.padEnd(32)} ${seen.answered} answered, ${seen.failed} failed ${seen.codes}; the service got ${seen.served}`)
    assert.equal(seen.failed > 0, fails)
    assert.equal(seen.served, seen.answered)
    if (fails) assert.deepEqual(seen.codes, ['UND_ERR_INFO GOAWAY'])
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
