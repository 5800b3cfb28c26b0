#!/usr/bin/env bash
# express 5.3.0 with express-validator 7.3.2: what middleware changes in the query is gone before the handler looks, without an error.
#
# Expected: request.query is an object; a middleware that trims, converts or fills in a parameter changes it for the handlers after it, as with
#           express 4. That it cannot be assigned as a whole any more is told by an error.
# Happens:  in express 5 each look at request.query reads the address anew and makes a new object (source: a getter in request.js). A change is made
#           in an object that nobody sees again. toInt(), trim() and default() of express-validator find no fault and have no effect but in
#           matchedData(). The cost of reading is paid at each look as well.
# Seen:     GET /?limit=20&name=%20ann%20 with toInt(), trim() and default(), and a middleware with query.page = 2:
#                         express 4.22.1                                   express 5.3.0
#           handler has   {"limit":20,"name":"ann","page":2,"sort":"id"}   {"limit":"20","name":" ann "}
#           limit + 1     21                                               201
#           50 looks      parsed once                                      parsed 50 times
# Matters:  the move from 4 to 5 is without an error, validation goes on to refuse what is wrong, and what was right is used as it came: "20" + 1, no
#           default, a name with its spaces. Read matchedData(), or parse the query once into a property of one's own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0 express-4@npm:express@4.22.1 express-validator@7.3.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express5 from 'express'
import express4 from 'express-4'
import { matchedData, query } from 'express-validator'

console.log(`express 5.3.0 and 4.22.1, express-validator 7.3.2, node ${process.version}`)
setTimeout(() => process.exit(1), 30_000).unref()
const see = async (express) => {
  let parsed = 0
  const app = express()
  app.set('query parser', (text) => {
    parsed += 1
    return Object.fromEntries(new URLSearchParams(text))
  })
  app.use((request, _, next) => {
    request.query.page = 2
    next()
  })
  app.get('/', query('limit').isInt().toInt(), query('name').trim(), query('sort').default('id'), (request, response) => {
    const has = request.query
    const sum = request.query.limit + 1
    parsed = 0
    for (let count = 0; count < 50; count++) request.query.limit
    response.json({ has: JSON.stringify(has), sum, parsed, matched: matchedData(request) })
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (await fetch(`http://127.0.0.1:${server.address().port}/?limit=20&name=%20ann%20`)).json()
}
const matched = { limit: 20, name: 'ann', sort: 'id' }
for (const [title, express, expected] of [
  ['express 4.22.1', express4, { has: '{"limit":20,"name":"ann","page":2,"sort":"id"}', sum: 21, parsed: 0, matched }],
  ['express 5.3.0', express5, { has: '{"limit":"20","name":" ann "}', sum: '201', parsed: 50, matched }],
]) {
  const seen = await see(express)
  console.log(`${`${title}:`.padEnd(16)} handler has ${seen.has}, limit + 1 is ${seen.sum}, 50 looks parse ${seen.parsed} times`)
  assert.deepEqual(seen, expected)
}
process.exit()
JS
node see.mjs
