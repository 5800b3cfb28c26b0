#!/usr/bin/env bash
# oidc-provider 9.13.3: `conformIdTokenClaims` moves claims to userinfo, but not those of the scope `openid`.
#
# Expected: with its default (true) and the code flow, an ID token holds no claims about the person beside `sub`; a test with such a provider
#           shows whether an application reads userinfo.
# Happens:  claims that are configured under the scope `openid` are in the ID token all the same; only those of other scopes are left out.
# Seen:     in the ID token: roles, of the scope openid; not in it: team, of the scope staff
# Matters:  a set-up for tests that puts its roles under `openid` passes with an application that never asks userinfo.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" oidc-provider@9.13.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`oidc-provider 9.13.3, node ${process.version}`)

const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`
const redirect = 'https://app.example/callback'
const provider = new Provider(issuer, {
  clients: [{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [redirect] }],
  claims: { openid: ['sub', 'roles'], staff: ['team'] },
  scopes: ['openid', 'staff'],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, roles: ['agent'], team: 'support' }) }),
  cookies: { keys: [randomBytes(16).toString('hex')] },
})
server.on('request', provider.callback())

const jar = new Map()
const get = async (address, init = {}) => {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await fetch(address, { ...init, redirect: 'manual', headers: { cookie, ...init.headers } })
  for (const line of answer.headers.getSetCookie()) jar.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).split(';')[0])
  return answer
}
const form = (fields) => ({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields) })
const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')
const query = new URLSearchParams({
  client_id: 'app', response_type: 'code', scope: 'openid staff', redirect_uri: redirect, code_challenge: challenge, code_challenge_method: 'S256',
})
let next = `${issuer}/auth?${query}`
while (!next.startsWith(redirect)) {
  const answer = await get(next)
  if (answer.headers.has('location')) next = new URL(answer.headers.get('location'), issuer).href
  else {
    const page = await answer.text()
    const prompt = /name="prompt" value="(\w+)"/.exec(page)[1]
    const sent = await get(next, form({ prompt, login: 'mina', password: 'any' }))
    next = new URL(sent.headers.get('location'), issuer).href
  }
}
const code = new URL(next).searchParams.get('code')
const traded = await fetch(`${issuer}/token`, form({ grant_type: 'authorization_code', code, redirect_uri: redirect, client_id: 'app', code_verifier: verifier }))
const tokens = await traded.json()
const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString())
const userinfo = await (await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).json()
console.log('in the ID token:', Object.keys(claims).filter((name) => ['roles', 'team'].includes(name)).join(', '))
console.log('in userinfo:    ', Object.keys(userinfo).filter((name) => ['roles', 'team'].includes(name)).join(', '))
assert.deepEqual([claims.roles, claims.team], [['agent'], undefined])
assert.deepEqual([userinfo.roles, userinfo.team], [['agent'], 'support'])
server.close()
server.closeAllConnections()
JS
node see.mjs
