#!/usr/bin/env bash
# Node 26.10.0 (fetch), axios 1.21.1 and got 16.1.0: a PUT that is answered 302 to the login is sent there whole, body included, and a DELETE as a DELETE.
#
# Expected: 302 makes a GET of what was asked, as everybody has seen it with POST, so a guard may answer each request of an expired session by a
#           redirect to the login of the identity provider.
# Happens:  301 and 302 make a GET of a POST alone (fetch standard, HTTP-redirect fetch). PUT, PATCH and DELETE go on as they are, to any origin; fetch
#           and axios send the body along, got leaves it away on another origin and sends an empty PUT. 303 makes a GET of all of them.
# Seen:     the service answers each request by a redirect to another origin; what arrives there:
#                            302, fetch and axios     302, got     303, all three
#           POST a record    GET                      GET          GET
#           PUT a record     PUT with the record      PUT          GET
#           PATCH a record   PATCH with the record    PATCH        GET
#           DELETE           DELETE                   DELETE       GET
# Matters:  what a program saves after its session has run out goes to the identity provider and into its logs, and the program is told a 405 of a
#           service that it never called. Where the login takes any method the answer is 200, and a DELETE that did nothing counts as done.
#           Answer 401 to programs, use 303 where a redirect is to be read, and `redirect: 'error'` in calls that write.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 axios@1.21.1 got@16.1.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import axios from 'axios'
import got from 'got'

console.log(`node ${process.version}, axios 1.21.1, got 16.1.0`)
setTimeout(() => process.exit(1), 30_000).unref()
const listen = async (act) => {
  const server = createServer(act).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}/`
}
let arrived
const provider = await listen(async (request, response) => {
  const body = await text(request)
  arrived = `${request.method}${body ? ' with the record' : ''}`
  response.end()
})
const service = await listen((request, response) => {
  request.resume()
  response.writeHead(Number(request.headers['x-status']), { location: provider }).end()
})

const clients = {
  fetch: (method, headers, body) => fetch(service, { method, headers, body }),
  axios: (method, headers, data) => axios.request({ url: service, method, headers, data }),
  got: (method, headers, body) => got(service, { method, headers, body, retry: { limit: 0 } }),
}
const record = (method) => (['PUT', 'PATCH'].includes(method) ? `${method} with the record` : method)
for (const status of [302, 303]) {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const seen = []
    for (const call of Object.values(clients)) {
      arrived = undefined
      await call(method, { 'x-status': String(status) }, method === 'DELETE' ? undefined : 'the record')
      seen.push(arrived)
    }
    console.log(`${status}, ${method}:`.padEnd(13), ...Object.keys(clients).map((name, index) => `${name}: ${seen[index]}`.padEnd(31)))
    const get = status === 303 || method === 'POST'
    assert.deepEqual(seen, get ? ['GET', 'GET', 'GET'] : [record(method), record(method), method])
  }
}
process.exit()
JS
node_modules/.bin/node see.mjs
