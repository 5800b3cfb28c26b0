#!/usr/bin/env bash
# oidc-provider 9.13.3: a provider without an adapter forgets sessions and tokens that are still good, after a few hundred sign-ins.
#
# Expected: what is kept in memory is lost when the process ends; the warning at the start says so ("upon restart"), and `expires_in` says ten
#           minutes, which is what a provider for tests needs.
# Happens:  the memory holds the last one to two thousand entries. A client's own token is one entry; a person who signs in leaves several (an
#           interaction, a session and its index, a grant, a code, tokens), so some hundred sign-ins suffice. What falls out is as if it had
#           never been: inactive, invalid_grant, or a person who is asked to sign in again.
# Seen:     expires_in 600; active after 900 other tokens: true, 1 s old
#           expires_in 600; active after 2000 other tokens: false, 2 s old
# Matters:  tests of load and of endurance, and demonstrations that run for days, fail from some point on with errors of tokens, after the same
#           time at the same load, and what is looked for is a fault in the application. Give it an adapter of its own, on a Map.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" oidc-provider@9.13.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

setTimeout(() => process.exit(1), 120_000).unref()
console.log(`oidc-provider 9.13.3, node ${process.version}`)

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`
const warn = console.warn
const warnings = []
console.warn = (text) => warnings.push(text)
const provider = new Provider(issuer, {
  clients: [{ client_id: 'shop', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true } },
  ttl: { ClientCredentials: 600 },
})
console.warn = warn
server.on('request', provider.callback())

const authorization = `Basic ${btoa('shop:secret')}`
const post = async (path, form) => (await fetch(issuer + path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) })).json()
const newToken = () => post('/token', { grant_type: 'client_credentials' })
const activeAfter = async (others) => {
  const began = performance.now()
  const token = await newToken()
  assert.equal(token.expires_in, 600)
  for (let made = 0; made < others; made += 1) await newToken()
  const { active } = await post('/token/introspection', { token: token.access_token })
  const seconds = (performance.now() - began) / 1000
  assert.ok(seconds < 500)
  console.log(`expires_in 600; active after ${others} other tokens: ${active}, ${seconds.toFixed(0)} s old`)
  return active
}
assert.ok(warnings.some((text) => text.includes('upon restart')))
assert.equal(await activeAfter(900), true)
assert.equal(await activeAfter(2000), false)
process.exit()
JS
node see.mjs
