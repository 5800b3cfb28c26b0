#!/usr/bin/env bash
# fastify 5.12.8: null in a body becomes '', 0, false or [''] before the handler sees it, and null in an answer becomes '', 0, false, [] or {}.
#
# Expected: a schema is what a body is held against: null where `type: 'number'` stands is a 400. A value that does not fit the schema of an
#           answer is an error as well, or goes out as it is.
# Happens:  on the way in fastify has Ajv coerce, for bodies as for queries, and Ajv's rules make '' of null for a string, 0 for a number and false
#           for a boolean; from null for a list it makes a list of one empty text. On the way out fast-json-stringify writes by the
#           schema alone. Only null for an object, on the way in, is refused. No log tells of either.
# Seen:     fields of the types string, number, boolean, array of strings, object and date-time, each null and not allowed to be:
#           in, {"name":null,"credit":null,"consent":null,"tags":null}:   the handler gets {"name":"","credit":0,"consent":false,"tags":[""]}
#           in, {"profile":null}:                                         400
#           out, all six null:           {"name":"","credit":0,"consent":false,"tags":[],"profile":{},"at":""}
#           out, { count: 1.9 }, an integer:                              {"count":1}
#           in, the same with coerceTypes: false:                         400
# Matters:  PATCH with null, by which JSON Merge Patch deletes a field, sets a credit of 0 and a consent of no. A database's NULL goes to clients as a
#           number that somebody might have entered, and comes back as one with the next PUT. Say ['string', 'null'] where null may be, and
#           `ajv: { customOptions: { coerceTypes: false } }`; for answers nothing refuses, so test them against the schema.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" fastify@5.12.8 fast-json-stringify@7.3.10

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import fastify from 'fastify'

const stringify = createRequire(createRequire(import.meta.url).resolve('fastify'))('fast-json-stringify/package.json').version
console.log(`fastify 5.12.8, fast-json-stringify ${stringify}, node ${process.version}`)
const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    credit: { type: 'number' },
    consent: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    profile: { type: 'object', properties: {} },
    at: { type: 'string', format: 'date-time' },
    count: { type: 'integer' },
  },
}
let answer
const make = (options) =>
  fastify(options)
    .patch('/user', { schema: { body: schema } }, async ({ body }, reply) => reply.type('application/json').send(JSON.stringify(body)))
    .get('/user', { schema: { response: { 200: schema } } }, async () => answer)
const app = make()
const strict = make({ ajv: { customOptions: { coerceTypes: false } } })

const write = async (app, payload) => {
  const { statusCode, body } = await app.inject({ method: 'PATCH', url: '/user', payload })
  return statusCode === 200 ? body : String(statusCode)
}
const read = async (value) => {
  answer = value
  return (await app.inject('/user')).body
}
const nulls = { name: null, credit: null, consent: null, tags: null }
for (const [title, seen, expected] of [
  [`in, ${JSON.stringify(nulls)}`, await write(app, nulls), '{"name":"","credit":0,"consent":false,"tags":[""]}'],
  ['in, {"profile":null}', await write(app, { profile: null }), '400'],
  [
    'out, all six null',
    await read({ ...nulls, profile: null, at: null }),
    '{"name":"","credit":0,"consent":false,"tags":[],"profile":{},"at":""}',
  ],
  ['out, { count: 1.9 }, an integer', await read({ count: 1.9 }), '{"count":1}'],
  ['in, the same with coerceTypes: false', await write(strict, nulls), '400'],
]) {
  console.log(`${`${title}:`.padEnd(67)} ${seen}`)
  assert.equal(seen, expected)
}
JS
node see.mjs
