#!/usr/bin/env bash
# smooch-core 8.11.4 (the vendor's client for v1.1): a deletion that was answered with a login page is done, and a refusal by RFC 9457 has no reason.
#
# Expected: the client resolves with what the service says, or rejects; an answer that is none of the API's is an error.
# Happens:  a status of 2xx whose type does not have the letters application/json in it, in small letters and without a suffix, resolves with undefined, as 202 does.
#           Redirects are followed with the method, so that DELETE /login may be what was answered. Of a refusal the code and the description
#           are read from application/json alone.
# Seen:     behind a proxy for logins, a gateway and the service itself:
#           delete, 302 to a login page:               resolved with undefined, after DELETE /login
#           update, 200 with a page of HTML:           resolved with undefined
#           get, Application/JSON:                     resolved with undefined
#           delete, 403 application/problem+json:      Error: Forbidden, without a code
#           delete, 403 application/json:              Error: Not for this role, code policy
#           delete, 200 of the service:                resolved with {}
# Matters:  a job that deletes users through a proxy whose session has run out deletes none, and says that it has deleted all. Ask for what an answer must
#           have, such as appUser, and after a delete whether the user is gone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" smooch-core@8.11.4

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Smooch from 'smooch-core'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`smooch-core 8.11.4, node ${process.version}`)
const page = [200, { 'Content-Type': 'text/html' }, '<!doctype html><title>Log in</title>']
let answer
let asked = []
const server = createServer(({ method, url }, response) => {
  asked.push(`${method} ${url}`)
  const [status, headers, body] = url === '/login' ? page : answer
  response.writeHead(status, headers)
  response.end(body)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { appUsers } = new Smooch({ keyId: 'app_1', secret: 'secret', scope: 'app', serviceUrl: `http://127.0.0.1:${server.address().port}` })

const remove = () => appUsers.delete('mina')
const json = { 'Content-Type': 'application/json' }
for (const [title, call, given, expected] of [
  ['delete, 302 to a login page', remove, [302, { Location: '/login' }, ''], 'resolved with undefined, after DELETE /login'],
  ['update, 200 with a page of HTML', () => appUsers.update('mina', { givenName: 'Mina' }), page, 'resolved with undefined'],
  ['get, Application/JSON', () => appUsers.get('mina'), [200, { 'Content-Type': 'Application/JSON' }, '{"appUser":{}}'], 'resolved with undefined'],
  ['delete, 403 application/problem+json', remove, [403, { 'Content-Type': 'application/problem+json' }, '{"title":"Not for this role"}'], 'Error: Forbidden, without a code'],
  ['delete, 403 application/json', remove, [403, json, '{"error":{"code":"policy","description":"Not for this role"}}'], 'Error: Not for this role, code policy'],
  ['delete, 200 of the service', remove, [200, json, '{}'], 'resolved with {}'],
]) {
  answer = given
  asked = []
  const done = (value) => `resolved with ${JSON.stringify(value)}${asked.length > 1 ? `, after ${asked.at(-1)}` : ''}`
  const told = await call().then(done, (error) => `${error}, ${error.code ? `code ${error.code}` : 'without a code'}`)
  console.log(`${`${title}:`.padEnd(42)} ${told}`)
  assert.equal(told, expected)
}
server.close()
JS
node see.mjs
