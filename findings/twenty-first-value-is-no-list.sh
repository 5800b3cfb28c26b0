#!/usr/bin/env bash
# qs 6.17.1 with express 5.3.0: the same name twenty times in a query is an array, twenty-one times an object.
#
# Expected: ?id=1&id=2 is a list of however many there are, up to parameterLimit, which is 1000. arrayLimit, twenty, is about indices, as in
#           id[100]=1.
# Happens:  since 6.14.1 arrayLimit holds for repeated names and for id[] as well, as is said far down in what qs tells of itself, and nowhere in
#           what express does. Beyond it the array becomes an object with the keys '0', '1' and so on, without an error; throwOnLimitExceeded, off
#           by default, would make it one. The simple parser of express, its default, has no such limit.
# Seen:     'query parser' of express, ids in the query, and what req.query.id is:
#           extended, 20:         an array, 20 ids; where(id IN …) takes 20
#           extended, 21:         an object, 21 ids; where(id IN …) takes 0
#           extended, id[], 21:   an object, 21 ids; where(id IN …) takes 0
#           simple, 21:           an array, 21 ids; where(id IN …) takes 21
# Matters:  the page of twenty works, and a selection of twenty-one finds none, as Array.isArray() takes it for no list. It came with an update of
#           the third number. Set arrayLimit in a parser of one's own: app.set('query parser', (text) => qs.parse(text, { arrayLimit: 1000 })).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0 qs@6.17.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`qs 6.17.1, express 5.3.0, node ${process.version}`)
const see = async (title, expected, parser, name, count) => {
  const app = express().set('query parser', parser)
  app.get('/', ({ query: { id } }, response) => {
    const wanted = Array.isArray(id) ? id : []
    const found = Array.from({ length: 100 }, (_, nth) => String(nth)).filter((nth) => wanted.includes(nth))
    response.json(`${Array.isArray(id) ? 'an array' : `an ${typeof id}`}, ${Object.keys(id).length} ids; where(id IN …) takes ${found.length}`)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const query = Array.from({ length: count }, (_, nth) => `${name}=${nth}`).join('&')
  const seen = await (await fetch(`http://127.0.0.1:${server.address().port}/?${query}`)).json()
  server.close()
  console.log(`${`${title}:`.padEnd(21)} ${seen}`)
  assert.equal(seen, expected)
}
await see('extended, 20', 'an array, 20 ids; where(id IN …) takes 20', 'extended', 'id', 20)
await see('extended, 21', 'an object, 21 ids; where(id IN …) takes 0', 'extended', 'id', 21)
await see('extended, id[], 21', 'an object, 21 ids; where(id IN …) takes 0', 'extended', 'id[]', 21)
await see('simple, 21', 'an array, 21 ids; where(id IN …) takes 21', 'simple', 'id', 21)
JS
node see.mjs
