#!/usr/bin/env bash
# http-proxy-middleware 4.2.2 with express 5.3.0: with responseInterceptor an export that breaks off is a success whose content is an English sentence.
#
# Expected: a proxy whose service breaks off in the middle of an answer breaks off as well, which it does without an interceptor. With one it has
#           sent nothing yet, since the function gets the whole answer, so it can say 502.
# Happens:  the response is ended with "Error fetching proxied request: aborted" as its body, under the status 200, whatever that of the
#           service was, and without its headers. The function that was given is not called. The event `error` is raised when the
#           response is over.
# Seen:     a service that breaks off after the first row of a CSV:
#           without interceptor:     fetch throws UND_ERR_SOCKET
#           responseInterceptor():   200, no Content-Type: Error fetching proxied request: aborted
#           with 503 in its place:   200, no Content-Type: Error fetching proxied request: aborted
# Matters:  each tool that looks at the status takes it: a download saves the sentence in place of the rows, a probe is content, and there is
#           no count of errors by status. A function that only sets a header is enough to get there. Use the event proxyRes for headers; in a
#           reader of such a proxy, demand the Content-Type.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" http-proxy-middleware@4.2.2 express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import express from 'express'
import { createProxyMiddleware, responseInterceptor } from 'http-proxy-middleware'

console.log(`http-proxy-middleware 4.2.2, express 5.3.0, node ${process.version}`)
setTimeout(() => process.exit(1), 30_000).unref()

let status = 200
const service = createServer((_, response) => {
  response.writeHead(status, { 'content-type': 'text/csv' }).write('1,ann\n')
  setTimeout(() => response.destroy(), 50)
}).listen(0, '127.0.0.1')
await once(service, 'listening')
const target = `http://127.0.0.1:${service.address().port}`

let calls = 0
const proxy = async (options) => {
  const server = express().use(createProxyMiddleware({ target, ...options })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}/`
}
const plain = await proxy({})
const keep = responseInterceptor(async (body) => {
  calls += 1
  return body
})
const intercepting = await proxy({ selfHandleResponse: true, on: { proxyRes: keep } })
const read = async (url) => {
  try {
    const response = await fetch(url)
    const text = await response.text()
    assert.equal(calls, 0)
    const type = response.headers.get('content-type') ?? 'no Content-Type'
    return `${response.status}, ${type}: ${text}`
  } catch ({ cause }) {
    return `throws ${cause.code}`
  }
}
const line = (title, text, expected) => {
  console.log(`${`${title}:`.padEnd(24)} ${text}`)
  assert.equal(text, expected)
}
line('without interceptor', await read(plain), 'throws UND_ERR_SOCKET')
line('responseInterceptor()', await read(intercepting), '200, no Content-Type: Error fetching proxied request: aborted')
status = 503
line('with 503 in its place', await read(intercepting), '200, no Content-Type: Error fetching proxied request: aborted')
process.exit()
JS
node see.mjs
