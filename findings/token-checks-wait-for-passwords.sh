#!/usr/bin/env bash
# jose 6.2.18 on Node 26.10.0: a token is not checked before the passwords that other callers are logging in with.
#
# Expected: to check the signature of a token takes less than a millisecond and is done on the spot. Passwords are hashed beside it, by the
#           callback of crypto.scrypt(), so that whoever has a token already is not held up.
# Happens:  jose 6 asks Web Crypto for everything, HS256 too, and Web Crypto does each operation in libuv's pool of four threads, where the
#           hashes stand in line as well. The event loop is free all the time, and every caller with a token waits. jsonwebtoken does
#           the same sum in the main thread. jose's documents are silent on it, and Node's list of what uses the pool does not name
#           Web Crypto.
# Seen:     eight passwords are being hashed, and one token is checked:
#           jose, HS256:          done after 5 of the 8 hashes, 1391 ms
#           jose, ES256:          done after 5 of the 8 hashes, 1140 ms
#           jsonwebtoken, ES256:  done after 0 of the 8 hashes, 2 ms
#           jose, ES256, with nothing else to do: 0.3 ms
# Matters:  ten people who log in at nine o'clock slow down all that are logged in, and so do compression and slow disks, which use the pool as
#           well. The delay of the event loop, which is what one measures, shows nothing. More threads (UV_THREADPOOL_SIZE) help, or to hash
#           a few at a time.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset UV_THREADPOOL_SIZE
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 jose@6.2.18 jsonwebtoken@9.0.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, scrypt } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'

setTimeout(() => process.exit(1), 120_000).unref()
console.log(`jose 6.2.18, jsonwebtoken 9.0.3, node ${process.version}`)

const secret = randomBytes(32)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = publicKey.export({ type: 'spki', format: 'pem' })
const sign = (alg, key) => new SignJWT({ sub: 'mina' }).setProtectedHeader({ alg }).setExpirationTime('1h').sign(key)
const [hs256, es256] = [await sign('HS256', secret), await sign('ES256', privateKey)]
const ways = {
  'jose, HS256': () => jwtVerify(hs256, secret),
  'jose, ES256': () => jwtVerify(es256, publicKey),
  'jsonwebtoken, ES256': async () => jsonwebtoken.verify(es256, pem, { algorithms: ['ES256'] }),
}
// The keys are imported and the code is loaded, before anything is measured.
for (const check of Object.values(ways)) await check()

const PASSWORDS = 8
let hashed = 0
const hash = () => new Promise((resolve) => scrypt('a password', 'salt', 64, { N: 2 ** 15, maxmem: 2 ** 26 }, () => resolve((hashed += 1))))
for (const [name, check] of Object.entries(ways)) {
  hashed = 0
  const hashes = Array.from({ length: PASSWORDS }, hash)
  const began = performance.now()
  await check()
  const [before, ms] = [hashed, performance.now() - began]
  await Promise.all(hashes)
  console.log(`${`${name}:`.padEnd(21)} done after ${before} of the ${PASSWORDS} hashes, ${Math.round(ms)} ms`)
  if (name.startsWith('jose')) assert.ok(before >= 4)
  else assert.equal(before, 0)
}
const alone = []
for (let nth = 0; nth < 20; nth += 1) {
  const began = performance.now()
  await ways['jose, ES256']()
  alone.push(performance.now() - began)
}
console.log(`jose, ES256, with nothing else to do: ${Math.min(...alone).toFixed(1)} ms`)
JS
node_modules/.bin/node see.mjs
