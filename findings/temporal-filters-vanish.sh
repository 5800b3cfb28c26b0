#!/usr/bin/env bash
# qs 6.17.1, superagent 10.4.2 and openapi-fetch 0.17.0 on Node 26.10.0: a Temporal value in the query of a call vanishes, and its name with it.
#
# Expected: `{ before: instant }` goes out as the text of the instant, as in URLSearchParams and as the Date before it did; or the call fails.
# Happens:  they take an object for a group of parameters, before[…]=…, and write one for each property of it. A Temporal value has no property
#           of its own, so none is written. qs knows Date as an exception. openapi-fetch knows none, so Date vanishes there as well.
# Seen:     what the server is asked by { before, limit: 5 }:
#                             Date                                     Instant
#           URLSearchParams   ?before=Tue+Jun+30+2026+12%3A00%3A0…     ?before=2026-06-30T12%3A00%3A00Z&limit=5
#           qs                ?before=2026-06-30T12%3A00%3A00.000…     ?limit=5
#           superagent        ?before=2026-06-30T12%3A00%3A00.000…     ?limit=5
#           openapi-fetch     ?&limit=5                                ?&limit=5
#           axios             ?before=2026-06-30T12:00:00.000Z&li…     ?before=2026-06-30T12:00:00Z&limit=5
# Matters:  a filter that is not there is no error: the list has everything, and a DELETE of what is older takes everything. Types allow it
#           with qs, superagent and supertest, which take any object. Hand over text.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" \
  node@26.10.0 qs@6.17.1 superagent@10.4.2 openapi-fetch@0.17.0 axios@1.21.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import axios from 'axios'
import createClient from 'openapi-fetch'
import qs from 'qs'
import superagent from 'superagent'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`qs 6.17.1, superagent 10.4.2, openapi-fetch 0.17.0, axios 1.21.1, node ${process.version}`)

const server = createServer((request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url)))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`
const ways = {
  'URLSearchParams': async (query) => (await fetch(`${url}?${new URLSearchParams(query)}`)).json(),
  'qs': async (query) => (await fetch(`${url}?${qs.stringify(query)}`)).json(),
  'superagent': async (query) => (await superagent.get(url).query(query)).body,
  'openapi-fetch': async (query) => (await createClient({ baseUrl: url }).GET('', { params: { query } })).data,
  'axios': async (params) => (await axios.get(url, { params })).data,
}
const show = (...cells) => console.log(cells.map((cell, at) => (at === 1 && cell.length > 36 ? `${cell.slice(0, 35)}…` : cell).padEnd([17, 40, 0][at])).join(' '))
const instant = Temporal.Instant.from('2026-06-30T12:00:00Z')
show('', 'Date', 'Instant')
const sent = {}
for (const [name, ask] of Object.entries(ways)) {
  const queries = []
  for (const before of [new Date(instant.epochMilliseconds), instant]) queries.push(new URL(await ask({ before, limit: 5 }), url))
  show(name, ...queries.map((query) => query.search))
  assert.ok(queries.every((query) => query.searchParams.get('limit') === '5'))
  sent[name] = queries.map((query) => query.searchParams.has('before'))
}
assert.deepEqual(sent, {
  'URLSearchParams': [true, true],
  'qs': [true, false],
  'superagent': [true, false],
  'openapi-fetch': [false, false],
  'axios': [true, true],
})
server.close()
server.closeAllConnections()
JS
node_modules/.bin/node see.mjs
