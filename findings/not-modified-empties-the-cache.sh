#!/usr/bin/env bash
# undici 8.13.1: after a 304 its cache throws the entry away, so each check of an unchanged answer is followed by loading it again in full.
#
# Expected: an answer with max-age and ETag is checked when its time is over. A 304 says that it is still right, its Cache-Control replaces the
#           old one (RFC 9111, 4.3.4), and nothing is asked for another max-age.
# Happens:  undici hands out what it has and deletes the entry, if the 304 has a Cache-Control (source: cache.js takes this for a change of
#           policy), which RFC 9110, 15.4.5 asks for and Express and nginx send. The next call gets the whole answer. If the 304 has none, the entry
#           stays as stale as it was, and the next call checks again. Only the check in the background does as it should.
# Seen:     max-age=2; two calls one after the other, four times with three seconds in between; what the service was asked for and answered:
#           304 with Cache-Control:                    200 and nothing, then each time 304 and 200
#           304 with Cache-Control, SQLite store:      200 and nothing, then each time 304 and 200
#           304 without Cache-Control:                 200 and nothing, 304 and 304, 200 and nothing, 304 and 304
#           with stale-while-revalidate=30:            200 and nothing, then each time 304 and nothing
# Matters:  an ETag in front of long answers saves half of what it should, and the calls to a service with a limit double just when nothing changes.
#           Hits and 304s are there in each log, so nobody looks further. Add stale-while-revalidate, or a longer max-age.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, cacheStores, interceptors, request } from 'undici'

console.log(`undici 8.13.1, node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()

const see = async (control, told, store) => {
  const asked = []
  const server = createServer((request, response) => {
    const status = request.headers['if-none-match'] === '"1"' ? 304 : 200
    asked.push(status)
    response.statusCode = status
    if (status === 200 || told) response.setHeader('cache-control', control)
    response.setHeader('etag', '"1"').end(status === 200 ? 'the answer' : undefined)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dispatcher = new Agent().compose(interceptors.cache(store ? { store } : {}))
  const call = async () => {
    const before = asked.length
    const { body } = await request(`http://127.0.0.1:${server.address().port}/`, { dispatcher })
    assert.equal(await body.text(), 'the answer')
    // The check in the background comes a little later.
    await sleep(100)
    return asked.slice(before).join() || 'nothing'
  }
  const rounds = []
  for (let count = 0; count < 4; count++) {
    if (count > 0) await sleep(3000)
    rounds.push(`${await call()} and ${await call()}`)
  }
  return rounds.join(', ')
}
const doubled = '200 and nothing, 304 and 200, 304 and 200, 304 and 200'
const background = 'max-age=2, stale-while-revalidate=30'
const cases = [
  ['304 with Cache-Control', 'max-age=2', true, undefined, doubled],
  ['304 with Cache-Control, SQLite store', 'max-age=2', true, new cacheStores.SqliteCacheStore(), doubled],
  ['304 without Cache-Control', 'max-age=2', false, undefined, '200 and nothing, 304 and 304, 200 and nothing, 304 and 304'],
  ['with stale-while-revalidate=30', background, true, undefined, '200 and nothing, 304 and nothing, 304 and nothing, 304 and nothing'],
]
const seen = await Promise.all(cases.map(([, ...how]) => see(...how)))
for (const [index, [title, , , , expected]] of cases.entries()) {
  console.log(`${`${title}:`.padEnd(40)} ${seen[index]}`)
  assert.equal(seen[index], expected)
}
process.exit()
JS
node_modules/.bin/node see.mjs
