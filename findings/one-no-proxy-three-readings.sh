#!/usr/bin/env bash
# Node 26.10.0 and curl: http.get and fetch of one program read the same NO_PROXY differently, and curl differs from both.
#
# Expected: with NODE_USE_ENV_PROXY=1 all that Node calls goes by HTTP_PROXY and NO_PROXY in one way, which is that of curl as far as the forms
#           are common ones.
# Happens:  fetch reads NO_PROXY by undici and node:http by itself. A range of addresses, which Node's documents name, is for node:http alone;
#           fetch takes a blank between hosts for a comma and passes over a dot at the end, and node:http does neither. A block of addresses
#           (CIDR), as clusters hand it out and curl and Go take it, is for neither. What is not understood is no error: it matches nothing.
# Seen:     NO_PROXY                      http.get  fetch     curl
#           127.0.0.1                     directly  directly  directly
#           127.0.0.0/8                   by proxy  by proxy  directly
#           127.0.0.1-127.0.0.9           directly  by proxy  by proxy
#           other.example 127.0.0.1       by proxy  directly  directly
#           127.0.0.1 and the port        directly  directly  by proxy
# Matters:  calls within the network, with their tokens, go to the proxy, or past the one that is prescribed, by the library that a supplier's client
#           is built on; trying it with curl, or with the other of the two, says that all is well. Name each host, with commas, without a port.
# Needs curl.
set -euo pipefail
command -v curl >/dev/null || {
  echo 'curl is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >call.mjs <<'JS'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'

const [, , url] = process.argv
const byGet = await new Promise((done) => get(url, (response) => done(text(response))))
const byFetch = await (await fetch(url)).text()
console.log(JSON.stringify([byGet, byFetch]))
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

setTimeout(() => process.exit(1), 60_000).unref()
const run = promisify(execFile)
console.log(`node ${process.version}, ${execFileSync('curl', ['--version'], { encoding: 'utf8' }).split(' (')[0]}`)
const answer = (said) => createServer((_request, response) => response.end(said))
const target = answer('directly').listen(0, '127.0.0.1')
/** fetch asks for a tunnel, the others name the whole address. */
const proxy = answer('by proxy').listen(0, '127.0.0.1')
proxy.on('connect', (_request, socket) => {
  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nby proxy'))
})
await Promise.all([once(target, 'listening'), once(proxy, 'listening')])
const { port } = target.address()
const url = `http://127.0.0.1:${port}/`
const by = `http://127.0.0.1:${proxy.address().port}`

const line = (cells) => console.log(`${cells[0].padEnd(29)} ${cells.slice(1).map((cell) => cell.padEnd(9)).join(' ')}`.trimEnd())
line(['NO_PROXY', 'http.get', 'fetch', 'curl'])
const [directly, proxied] = ['directly', 'by proxy']
for (const [list, expected, name] of [
  ['127.0.0.1', [directly, directly, directly]],
  ['127.0.0.0/8', [proxied, proxied, directly]],
  ['127.0.0.1-127.0.0.9', [directly, proxied, proxied]],
  ['other.example 127.0.0.1', [proxied, directly, directly]],
  [`127.0.0.1:${port}`, [directly, directly, proxied], '127.0.0.1 and the port'],
]) {
  // curl reads http_proxy in small letters alone.
  const env = { PATH: process.env.PATH, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: by, http_proxy: by, NO_PROXY: list }
  const called = await run(process.execPath, ['call.mjs', url], { env })
  const curl = await run('curl', ['--silent', '--fail', url], { env })
  const seen = [...JSON.parse(called.stdout), curl.stdout]
  line([name ?? list, ...seen])
  assert.deepEqual(seen, expected)
}
process.exit(0)
JS
node_modules/.bin/node see.mjs
