#!/usr/bin/env bash
# jose 6.2.18: when a remote key set answers with an error, a sound token is refused with the library's own error class.
#
# Expected: JOSEError and its subclasses tell that something is wrong with the token; a key set that is away rejects otherwise, and is not
#           asked again for the 30 s of `cooldownDuration`.
# Happens:  a key set that answers 500 or with a page rejects with a plain JOSEError (ERR_JOSE_GENERIC), one that holds no keys with
#           JWKSInvalid, a closed port with no JOSEError at all. After such a failure there is no cool-down: each token asks again.
# Seen:     500: JOSEError ERR_JOSE_GENERIC, 3 tokens: 3 requests
#           no set: JWKSInvalid ERR_JWKS_INVALID
#           closed port: not a JOSEError
# Matters:  who answers 401 to every JOSEError tells people that their right token is wrong while the issuer is down, and passes each of
#           their calls on to the issuer that has trouble.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jose@6.2.18

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRemoteJWKSet, errors, generateKeyPair, jwtVerify, SignJWT } from 'jose'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`jose ${JSON.parse(readFileSync('node_modules/jose/package.json', 'utf8')).version}, node ${process.version}`)

let asked = 0
const server = createServer((request, response) => {
  asked += 1
  if (request.url === '/500') response.writeHead(500).end()
  else response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"world"}')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const base = `http://127.0.0.1:${server.address().port}`
const { privateKey } = await generateKeyPair('RS256')
const token = await new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey)
const refusal = (keys) => jwtVerify(token, keys).then(() => assert.fail('accepted'), (error) => error)

const broken = createRemoteJWKSet(new URL(`${base}/500`))
const first = await refusal(broken)
await refusal(broken)
await refusal(broken)
const times = asked
const noSet = await refusal(createRemoteJWKSet(new URL(`${base}/none`)))
server.close()
server.closeAllConnections()
await once(server, 'close')
const closed = await refusal(createRemoteJWKSet(new URL(`${base}/500`)))
console.log(`500: ${first.constructor.name} ${first.code}, 3 tokens: ${times} requests`)
console.log(`no set: ${noSet.constructor.name} ${noSet.code}\nclosed port: ${closed instanceof errors.JOSEError ? 'a' : 'not a'} JOSEError`)

assert.equal(first.constructor, errors.JOSEError)
assert.equal(first.code, 'ERR_JOSE_GENERIC')
assert.equal(times, 3)
assert.ok(noSet instanceof errors.JWKSInvalid)
assert.ok(!(closed instanceof errors.JOSEError))
JS
node see.mjs
