#!/usr/bin/env bash
# openid-client 6.9.0: one wrong client secret, two kinds of error, and only one of them says which.
#
# Expected: a token endpoint that answers 401 with `{"error":"invalid_client"}` gives an error whose `error` is `invalid_client`.
# Happens:  only without a WWW-Authenticate header. With one, as RFC 6749 demands after HTTP Basic, it is a WWWAuthenticateChallengeError
#           without `error`; the body lies unread in `cause`'s response.
# Seen:     without the header: ResponseBodyError, error invalid_client
#           with it:            WWWAuthenticateChallengeError, error undefined, its body unread
# Matters:  who goes by `error.error` takes the most common slip of a set-up for an outage of the provider, and only with some providers.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" openid-client@6.9.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as client from 'openid-client'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`openid-client 6.9.0, node ${process.version}`)

let challenge = false
const server = createServer((request, response) => {
  const headers = { 'content-type': 'application/json', ...(challenge && { 'www-authenticate': 'Basic realm="clients"' }) }
  request.resume().on('end', () => response.writeHead(401, headers).end('{"error":"invalid_client"}'))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const attempt = async (method) => {
  const config = new client.Configuration({ issuer, token_endpoint: `${issuer}/token` }, 'shop', 'wrong', method('wrong'))
  client.allowInsecureRequests(config)
  return await client.clientCredentialsGrant(config).then(() => assert.fail('was let in'), (error) => error)
}

const plain = await attempt(client.ClientSecretPost)
challenge = true
const challenged = await attempt(client.ClientSecretBasic)
const response = challenged.response ?? challenged.cause?.response
console.log(`without the header: ${plain.constructor.name}, error ${plain.error}`)
console.log(`with it:            ${challenged.constructor.name}, error ${challenged.error}, its body ${response?.bodyUsed ? 'read' : 'unread'}`)
assert.deepEqual([plain.constructor.name, plain.error], ['ResponseBodyError', 'invalid_client'])
assert.deepEqual([challenged.constructor.name, challenged.error, response?.bodyUsed], ['WWWAuthenticateChallengeError', undefined, false])
server.close()
server.closeAllConnections()
JS
node see.mjs
