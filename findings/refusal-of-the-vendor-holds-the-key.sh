#!/usr/bin/env bash
# sunshine-conversations-client 14.1.0 (the vendor's own client) with pino 10.4.0: what it rejects with is no Error, and has the API key in it.
#
# Expected: a call that is refused rejects with an Error, whose message says what was refused. To log it is safe; the older client of the vendor,
#           smooch-core, does it so.
# Happens:  it rejects with a plain object of status, body, response and error. It has no message and no stack. Its response is superagent's, which
#           writes itself into JSON with the headers of the request, Authorization among them; so does the error within it.
# Seen:     a user is not found; the error is logged:
#           sunshine-conversations-client:              instanceof Error false, message undefined
#           log.error(error):                           key in the log
#           log.error({ err: error }):                  key in the log
#           log.error(error.error):                     key in the log
#           console.error(error):                       key in the log
#           log.error(new Error(error.error.message)):  no key
#           smooch-core 8.11.4, log.error(error):       instanceof Error true, no key
# Matters:  each 404 writes the key of the whole app, name and secret in base64, to where logs are collected and searched; lists of paths to redact, made for
#           axios or fetch, do not know these. An error handler that asks instanceof Error lets it pass for something else. Catch it at the call, and
#           make an Error of its status and its body.errors.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" sunshine-conversations-client@14.1.0 smooch-core@8.11.4 pino@10.4.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import pino from 'pino'
import Smooch from 'smooch-core'
import client from 'sunshine-conversations-client'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`sunshine-conversations-client 14.1.0, smooch-core 8.11.4, pino 10.4.0, node ${process.version}`)
const server = createServer((_, response) => {
  response.writeHead(404, { 'Content-Type': 'application/json' })
  response.end('{"errors":[{"code":"not_found","title":"User not found"}]}')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const serviceUrl = `http://127.0.0.1:${server.address().port}`

const api = new client.ApiClient()
api.basePath = serviceUrl
Object.assign(api.authentications.basicAuth, { username: 'app_1', password: 'example-secret' })
const error = await new client.UsersApi(api).getUser('5f0c', 'mina').catch((thrown) => thrown)
const smooch = new Smooch({ keyId: 'app_1', secret: 'example-secret', scope: 'app', serviceUrl })
const older = await smooch.appUsers.get('mina').catch((thrown) => thrown)
server.close()

const logged = (write) => {
  let text = ''
  const stream = new Writable({ write: (chunk, _, done) => { text += chunk; done() } })
  write(pino(stream))
  return text
}
const key = Buffer.from('app_1:example-secret').toString('base64')
const token = smooch.authHeaders.Authorization.slice('Bearer '.length)
const holds = (text) => (text.includes(key) || text.includes(token) ? 'key in the log' : 'no key')
const is = (thrown) => `instanceof Error ${thrown instanceof Error}`
for (const [title, told, expected] of [
  ['sunshine-conversations-client', `${is(error)}, message ${error.message}`, 'instanceof Error false, message undefined'],
  ['log.error(error)', holds(logged((log) => log.error(error))), 'key in the log'],
  ['log.error({ err: error })', holds(logged((log) => log.error({ err: error }))), 'key in the log'],
  ['log.error(error.error)', holds(logged((log) => log.error(error.error))), 'key in the log'],
  ['console.error(error)', holds(inspect(error)), 'key in the log'],
  ['log.error(new Error(error.error.message))', holds(logged((log) => log.error(new Error(error.error.message)))), 'no key'],
  ['smooch-core 8.11.4, log.error(error)', `${is(older)}, ${holds(logged((log) => log.error(older)))}`, 'instanceof Error true, no key'],
]) {
  console.log(`${`${title}:`.padEnd(43)} ${told}`)
  assert.equal(told, expected)
}
JS
node see.mjs
