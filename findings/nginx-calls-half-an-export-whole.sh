#!/usr/bin/env bash
# nginx 1.22 before Node 26.10.0: a download that the service breaks off is a whole one to who asked, unless nginx is told to speak HTTP/1.1.
#
# Expected: a service that fails in the middle of a stream can no longer change the status. It destroys the connection, and the reader is told,
#           as the last chunk of HTTP/1.1 is missing; directly, fetch throws and curl ends with 18.
# Happens:  until 1.29.7 nginx asks the service by HTTP/1.0 unless `proxy_http_version 1.1` is set. There is no chunking in 1.0, the end of the
#           connection is the end of the answer, and a destroyed one ends as a good one does. nginx adds the last chunk itself. Only an
#           answer with a Content-Length is still cut off, and streams have none. No log of nginx says anything.
# Seen:     an export of three rows that fails after the second:
#           asked directly:                fetch throws UND_ERR_SOCKET, curl ends with 18
#           nginx, as it comes:            fetch 200 "1,ann\n2,bea\n", curl ends with 0; nginx logs 200 and no error
#           nginx, proxy_http_version 1.1: fetch throws UND_ERR_SOCKET, curl ends with 18; nginx logs 200 and an error
# Matters:  an export, a backup or a list for somebody who deletes what is not on it lacks its end, and each tool reports success. Without the proxy,
#           as in tests, the error is there. Set the version, or write a last line by which readers know the end.
# Needs nginx and curl (Debian: nginx-light, curl).
set -euo pipefail
for program in nginx curl; do
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
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const version = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()
console.log(`node ${process.version}, ${version}`)

async function* rows() {
  yield '1,ann\n'
  yield '2,bea\n'
  await sleep(50)
  throw new Error('the database is gone')
}
/** What fails in the middle is destroyed by pipeline(). */
const service = createServer((request, response) => {
  if (request.url === '/ready') return void response.end()
  response.setHeader('content-type', 'text/csv')
  pipeline(rows, response).catch(() => {})
}).listen(0, '127.0.0.1')
await once(service, 'listening')
const direct = service.address().port

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}
const plain = await freePort()
const newer = await freePort()
const folder = process.cwd()
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
const server = (port, more) => `server { listen 127.0.0.1:${port}; error_log ${folder}/${port}.error; access_log ${folder}/${port}.access;
  location / { proxy_pass http://127.0.0.1:${direct}; ${more} } }`
writeFileSync(
  'nginx.conf',
  `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
  http { ${temporary} ${server(plain, '')} ${server(newer, 'proxy_http_version 1.1;')} }\n`,
)
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`], { stdio: 'ignore' })
const end = (code) => {
  nginx.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

const byFetch = (url) =>
  fetch(url).then(
    async (response) => {
      const text = await response.text().catch((error) => error)
      return text instanceof Error ? `throws ${text.cause.code}` : `${response.status} ${JSON.stringify(text)}`
    },
    ({ cause }) => `throws ${cause.code}`,
  )
const byCurl = async (url) => {
  const [code] = await once(spawn('curl', ['--silent', '--output', '/dev/null', url], { stdio: 'ignore' }), 'exit')
  return `ends with ${code}`
}
const logged = (port) => {
  const access = readFileSync(`${port}.access`, 'utf8').split('\n').filter((line) => line.includes('/export'))
  assert.ok(access.length === 2 && access.every((line) => line.includes('" 200 ')))
  return `; nginx logs 200 and ${readFileSync(`${port}.error`, 'utf8').includes('prematurely closed') ? 'an' : 'no'} error`
}

try {
  while (!(await fetch(`http://127.0.0.1:${newer}/ready`).catch(() => sleep(100)))?.ok);
  const cut = 'fetch throws UND_ERR_SOCKET, curl ends with 18'
  for (const [title, port, expected] of [
    ['asked directly', direct, cut],
    ['nginx, as it comes', plain, 'fetch 200 "1,ann\\n2,bea\\n", curl ends with 0; nginx logs 200 and no error'],
    ['nginx, proxy_http_version 1.1', newer, `${cut}; nginx logs 200 and an error`],
  ]) {
    const url = `http://127.0.0.1:${port}/export`
    const told = `fetch ${await byFetch(url)}, curl ${await byCurl(url)}`
    // nginx writes its line when it is done with the request.
    await sleep(200)
    const line = told + (port === direct ? '' : logged(port))
    console.log(`${`${title}:`.padEnd(30)} ${line}`)
    assert.equal(line, expected)
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
