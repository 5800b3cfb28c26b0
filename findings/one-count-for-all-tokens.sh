#!/usr/bin/env bash
# HAProxy 2.6 and tokens of jose 6.2.18: a limit for each token is one limit for everybody, as soon as the tokens are JWTs.
#
# Expected: a table of type `string`, filled with the header Authorization, has a row for each token, so eight people with one call each are
#           far below a limit of five calls for each.
# Happens:  a key of type `string` has room for 32 bytes unless `len` says more, and a longer one is cut, as the manual says of the type. What
#           is left of "Bearer " and a JWT is the beginning of the JWT's header, which names the algorithm and is alike in all tokens of an
#           issuer, so all share a row. Opaque tokens differ in their first characters.
# Seen:     string, JWTs:          200 200 200 200 200 429 429 429, 1 row(s)
#           string, opaque tokens: 200 200 200 200 200 200 200 200, 8 row(s)
#           string len 512, JWTs:  200 200 200 200 200 200 200 200, 8 row(s)
# Matters:  tried with opaque tokens, or by one person, the limit works. The day the issuer changes to JWTs, all callers together have what one
#           was to have. Use `len`, or count by a digest of the header, as the table keeps the token in memory besides.
# Needs HAProxy (Debian: haproxy).
set -euo pipefail
command -v haproxy >/dev/null || {
  echo 'HAProxy is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jose@6.2.18

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair, SignJWT } from 'jose'

console.log(`${execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).split(' 20')[0]}, jose 6.2.18, node ${process.version}`)
const at = (name) => `${process.cwd()}/${name}`
const upstream = http.createServer((_, response) => response.end('ok')).listen(at('upstream'))
await once(upstream, 'listening')

let proxy
const end = (code) => {
  proxy?.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()

const call = async (authorization) => {
  const request = http.get({ socketPath: at('front'), agent: false, headers: { host: 'api.example.org', ...(authorization && { authorization }) } })
  const [response] = await once(request, 'response')
  await text(response)
  return response.statusCode
}
const rows = async () => {
  const admin = connect(at('admin'))
  await once(admin, 'connect')
  admin.end('show table front\n')
  return (await text(admin)).match(/key=/g).length
}
const look = async (type, title, tokens) => {
  writeFileSync(
    'haproxy.cfg',
    `global
  stats socket ${at('admin')} level admin
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend front
  bind unix@${at('front')}
  stick-table type ${type} size 1k expire 10m store http_req_rate(10m)
  http-request track-sc0 req.hdr(authorization) if { req.hdr(authorization) -m found }
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 5 }
  default_backend upstream
backend upstream
  server upstream unix@${at('upstream')}
`,
  )
  proxy = spawn('haproxy', ['-db', '-f', 'haproxy.cfg'], { stdio: ['ignore', 'ignore', 'inherit'] })
  // Calls without a token are not counted.
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await call().catch(() => sleep(50))) === 200) break
  }
  const statuses = []
  for (const token of tokens) statuses.push(await call(`Bearer ${token}`))
  const seen = `${statuses.join(' ')}, ${await rows()} row(s)`
  console.log(`${`${title}:`.padEnd(22)} ${seen}`)
  proxy.kill('SIGKILL')
  await once(proxy, 'exit')
  return seen
}

try {
  const { privateKey } = await generateKeyPair('RS256')
  const people = Array.from({ length: 8 }, (_, nth) => `person-${nth}`)
  const sign = (person) => new SignJWT({ sub: person }).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: '2026-11' }).sign(privateKey)
  const tokens = await Promise.all(people.map(sign))
  const opaque = people.map((person) => createHmac('sha256', 'key').update(person).digest('base64url'))
  const ok = (count) => Array(count).fill(200).join(' ')
  assert.equal(await look('string', 'string, JWTs', tokens), `${ok(5)} 429 429 429, 1 row(s)`)
  assert.equal(await look('string', 'string, opaque tokens', opaque), `${ok(8)}, 8 row(s)`)
  assert.equal(await look('string len 512', 'string len 512, JWTs', tokens), `${ok(8)}, 8 row(s)`)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
