#!/usr/bin/env bash
# axios 1.21.1, got 16.1.0, ky 2.1.0 and ofetch 1.5.1: `timeout: 1000` ends each call after a second in two of them, in the others only some calls.
#
# Expected: a timeout is the time after which a call fails that is not done, its body included, whatever else is passed.
# Happens:  ofetch stops its clock when the header has come, and has no clock at all if a signal is passed as well. axios on Node counts the time
#           without a byte, so an answer that drips is without a limit; one that rests in the middle is told as "stream has been
#           aborted", ERR_BAD_RESPONSE, as if the service had broken off. The same axios with its fetch adapter counts the whole call.
# Seen:     timeout: 1000 and no repetition; "waits" is no end after five seconds:
#                                       no answer          header, then nothing      header, then a byte now and then
#           got, request                ETIMEDOUT          ETIMEDOUT                 ETIMEDOUT
#           ky                          TimeoutError       TimeoutError              TimeoutError
#           axios                       ECONNABORTED       ERR_BAD_RESPONSE          waits
#           axios, adapter fetch        ETIMEDOUT          ETIMEDOUT                 ETIMEDOUT
#           ofetch                      TimeoutError       waits                     waits
#           ofetch, and a signal        waits              waits                     waits
# Matters:  a signal is what one adds so that a call ends with the reader's, and with ofetch it takes the limit away. A service in trouble is often one
#           that answers and then stops, so calls pile up behind the limit that was meant for that; and with axios retries by code go wrong. Pass
#           AbortSignal.any([signal, AbortSignal.timeout(1000)]) in place of timeout: that ends each of them.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 axios@1.21.1 got@16.1.0 ky@2.1.0 ofetch@1.5.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import got from 'got'
import ky from 'ky'
import { ofetch } from 'ofetch'

console.log(`axios 1.21.1, got 16.1.0, ky 2.1.0, ofetch 1.5.1, node ${process.version}`)
setTimeout(() => process.exit(1), 120_000).unref()

const server = createServer((request, response) => {
  if (request.url === '/ready') return void response.end('{}')
  if (request.url === '/none') return
  response.setHeader('content-type', 'application/json').flushHeaders()
  if (request.url === '/drip') {
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  }
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`

const LIMIT = 1000
const paths = ['/none', '/header', '/drip']
/** The call, the limit as it has it, and what becomes of the three paths. */
const clients = {
  'got, request': [(url, how) => got(url, { retry: { limit: 0 }, ...how }).json(), { timeout: { request: LIMIT } }, 'ETIMEDOUT ETIMEDOUT ETIMEDOUT'],
  ky: [(url, how) => ky(url, { retry: 0, ...how }).json(), { timeout: LIMIT }, 'TimeoutError TimeoutError TimeoutError'],
  axios: [(url, how) => axios.get(url, how), { timeout: LIMIT }, 'ECONNABORTED ERR_BAD_RESPONSE waits'],
  'axios, adapter fetch': [(url, how) => axios.get(url, { adapter: 'fetch', ...how }), { timeout: LIMIT }, 'ETIMEDOUT ETIMEDOUT ETIMEDOUT'],
  ofetch: [(url, how) => ofetch(url, { retry: 0, ...how }), { timeout: LIMIT }, 'TimeoutError waits waits'],
  'ofetch, and a signal': [
    (url, how) => ofetch(url, { retry: 0, ...how }),
    { timeout: LIMIT, signal: new AbortController().signal },
    'waits waits waits',
  ],
}
const told = (error) => (typeof error.code === 'string' ? error.code : (error.cause?.name ?? error.name))
const see = (call) => Promise.race([call.then(() => 'done', told), sleep(5 * LIMIT, 'waits')])

for (const [call] of Object.values(clients)) await call(`${url}/ready`)
const limited = Object.values(clients).map(([call, own]) => Promise.all(paths.map((path) => see(call(url + path, own)))))
for (const [index, seen] of (await Promise.all(limited)).entries()) {
  console.log(Object.keys(clients)[index].padEnd(24), ...seen.map((state) => state.padEnd(18)))
  assert.equal(seen.join(' '), Object.values(clients)[index][2])
}
// The way out, with the limits of got and ky themselves away.
const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(LIMIT)])
const away = { 'got, request': {}, ky: { timeout: false } }
const signalled = Object.entries(clients).map(([name, [call]]) => Promise.all(paths.map((path) => see(call(url + path, { ...away[name], signal })))))
for (const state of (await Promise.all(signalled)).flat()) assert.ok(!['waits', 'done'].includes(state))
console.log('AbortSignal.any([signal, AbortSignal.timeout(1000)]) in place of timeout ends each of them')
process.exit()
JS
node_modules/.bin/node see.mjs
