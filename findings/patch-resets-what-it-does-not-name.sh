#!/usr/bin/env bash
# zod 4.6.7: the partial() of a schema with defaults fills in what a PATCH does not name, so each small update resets the other fields.
#
# Expected: schema.partial() makes each field optional, which is how the schema of an update is derived from that of a creation. What is not there
#           stays away, as with zod 3, where an optional field that is missing was done with before its default was asked.
# Happens:  since version 4 the default within an optional field is applied, and partial() only wraps fields, so all defaults are in its result.
#           There is no error, as each value is valid.
# Seen:     a user is created with { name, newsletter, language }, of which the last two have defaults; then PATCH { "name": "Bea" }:
#           zod 3.25.76, partial():    to be written: {"name":"Bea"}
#           zod 4.6.7, partial():      to be written: {"name":"Bea","newsletter":true,"language":"en"}
#           zod 4.6.7, without them:   to be written: {"name":"Bea"}
# Matters:  who has unsubscribed is subscribed again with the next change of the name, and no log shows it, since the update was asked for by
#           its owner. Tests with fields at their defaults pass, and so does the move from 3 to 4. Take defaults off before partial().
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" zod@4.6.7 zod-3@npm:zod@3.25.76

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { z } from 'zod'
import { z as z3 } from 'zod-3'

console.log(`zod 4.6.7 and 3.25.76, node ${process.version}`)
const creation = (zod) =>
  zod.object({ name: zod.string(), newsletter: zod.boolean().default(true), language: zod.enum(['en', 'de']).default('en') })
/** Each field that has a default, without it. */
const plain = z.object(
  Object.fromEntries(Object.entries(creation(z).shape).map(([key, field]) => [key, field instanceof z.ZodDefault ? field.unwrap() : field])),
)

const patch = { name: 'Bea' }
const all = { name: 'Bea', newsletter: true, language: 'en' }
for (const [title, schema, expected] of [
  ['zod 3.25.76, partial()', creation(z3).partial(), patch],
  ['zod 4.6.7, partial()', creation(z).partial(), all],
  ['zod 4.6.7, without them', plain.partial(), patch],
]) {
  const written = schema.parse(patch)
  console.log(`${`${title}:`.padEnd(26)} to be written: ${JSON.stringify(written)}`)
  assert.deepEqual(written, expected)
}
// A creation has the defaults in both.
assert.deepEqual([creation(z).parse(patch), creation(z3).parse(patch)], [all, all])
JS
node see.mjs
