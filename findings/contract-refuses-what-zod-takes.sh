#!/usr/bin/env bash
# zod 4.6.7 with Ajv 8.20.0: the JSON Schema that zod makes of a schema refuses values that the schema takes, and takes some that it refuses.
#
# Expected: z.toJSONSchema() describes what the schema takes (with `io: 'input'`), and throws for what JSON Schema cannot say, as it does for Date,
#           bigint, Map and transforms. One may check by either, in an OpenAPI document, in a generated client or at a gateway.
# Happens:  flags of a regular expression are left out, since `pattern` has none. Checks that change the text first, as trim() and normalize(), leave
#           only the length that is checked after them. A preprocess() is left out and what comes after it described. url() becomes
#           `format: uri`, which has no letters beyond ASCII; the fraction of multipleOf() is computed otherwise. There is no error in any of it.
# Seen:                                                       zod        by the JSON Schema
#           /^[a-z]+\d*$/i                "ABC1"              takes      refuses
#           trim().min(1)                 "  "                refuses    takes
#           normalize().max(1)            "e" and an accent   takes      refuses
#           preprocess(Number, number())  "5"                 takes      refuses
#           url()                         "http://exämple.de" takes      refuses
#           multipleOf(0.01)              19.99               takes      refuses
#           transform(), date()           -                   -          throws when it is made
# Matters:  a client that is generated from the document refuses a coupon in capitals that the service would take, and lets an empty name through; a
#           price of 19.99 depends on who checks it. Tests of the service use zod and pass. Check a set of good and bad values by both,
#           write letters out in patterns, and count money in whole cents.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" zod@4.6.7 ajv@8.20.0 ajv-formats@3.0.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { z } from 'zod'

console.log(`zod 4.6.7, ajv 8.20.0, ajv-formats 3.0.1, node ${process.version}`)
const ajv = new Ajv2020()
formats.default(ajv)
const word = (takes) => (takes ? 'takes' : 'refuses')
for (const [title, schema, value, expected] of [
  ['/^[a-z]+\\d*$/i', z.string().regex(/^[a-z]+\d*$/i), 'ABC1', 'takes refuses'],
  ['trim().min(1)', z.string().trim().min(1), '  ', 'refuses takes'],
  ['normalize().max(1)', z.string().normalize().max(1), 'e\u0301', 'takes refuses'],
  ['preprocess(Number, number())', z.preprocess(Number, z.number()), '5', 'takes refuses'],
  ['url()', z.url(), 'http://exämple.de', 'takes refuses'],
  ['multipleOf(0.01)', z.number().multipleOf(0.01), 19.99, 'takes refuses'],
]) {
  const check = ajv.compile(z.toJSONSchema(schema, { io: 'input' }))
  const seen = `${word(schema.safeParse(value).success)} ${word(check(value))}`
  console.log(title.padEnd(30), JSON.stringify(value).padEnd(22), `zod ${seen.replace(' ', ', the JSON Schema ')}`)
  assert.equal(seen, expected)
}
for (const schema of [z.date(), z.string().transform(Number)]) assert.throws(() => z.toJSONSchema(schema), /cannot be represented/i)
console.log('date() and transform() throw')
JS
node see.mjs
