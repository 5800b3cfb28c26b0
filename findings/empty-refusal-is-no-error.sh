#!/usr/bin/env bash
# openapi-fetch 0.17.0: a refusal or a failure without a body comes without an error, so a DELETE that was refused looks like one that was done.
#
# Expected: of `const { data, error } = await client.DELETE(...)` error is set whenever the status is not one of success, as the types say and each
#           example tests it.
# Happens:  error is the body. With Content-Length 0 it is undefined, with an empty chunked body an empty text; `if (error)` takes both for success.
#           Many answers of proxies, guards and load balancers have no body, and so has each answer to HEAD.
# Seen:     if (error) 'failed' else 'done', for a DELETE:
#           403 with {"error":"forbidden"}:      failed
#           403, Content-Length 0:               done (error undefined)
#           503, Content-Length 0:               done (error undefined)
#           503, chunked and empty:              done (error "")
#           204:                                 done (error undefined)
#           HEAD of what is not there, 404:      done (error undefined)
# Matters:  the list on the screen loses the row, a job ticks it off, and the record is there. Against the service itself, whose errors have bodies as its
#           document says, all tests pass; it is the proxy's 503 that counts as success. Test response.ok, or throw in a middleware's
#           onResponse.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" openapi-fetch@0.17.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import createClient from 'openapi-fetch'

console.log(`openapi-fetch 0.17.0, node ${process.version}`)
setTimeout(() => process.exit(1), 30_000).unref()

const server = createServer((request, response) => {
  const [, status, body] = request.url.split('/')
  response.statusCode = Number(status)
  if (body === 'json') response.setHeader('content-type', 'application/json').end('{"error":"forbidden"}')
  else if (body === 'chunked') {
    response.flushHeaders()
    response.end()
  } else response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` })

for (const [title, method, path, expected] of [
  ['403 with {"error":"forbidden"}', 'DELETE', '/403/json', 'failed'],
  ['403, Content-Length 0', 'DELETE', '/403/', 'done (error undefined)'],
  ['503, Content-Length 0', 'DELETE', '/503/', 'done (error undefined)'],
  ['503, chunked and empty', 'DELETE', '/503/chunked', 'done (error "")'],
  ['204', 'DELETE', '/204/', 'done (error undefined)'],
  ['HEAD of what is not there, 404', 'HEAD', '/404/', 'done (error undefined)'],
]) {
  const { error, response } = await client[method](path)
  const seen = error ? 'failed' : `done (error ${JSON.stringify(error)})`
  console.log(`${`${title}:`.padEnd(36)} ${seen}`)
  assert.equal(seen, expected)
  assert.equal(response.ok, path.startsWith('/2'))
}
process.exit()
JS
node see.mjs
