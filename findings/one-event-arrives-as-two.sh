#!/usr/bin/env bash
# cloudevents 10.0.0: an event whose data is a text or a number is one event in structured mode and another in binary mode, its default.
#
# Expected: the mode decides where the attributes go, and `application/json` what the data looks like: the text 42 is "42" with its quotes.
# Happens:  in binary mode a text is sent as it stands, under `application/json`, so it is no JSON, or other JSON: a number, true, an object.
#           The SDK's own reader takes the first for the text, makes an object of one that looks like an object, and refuses the numbers and
#           booleans that its own writer sends. In structured mode all arrive as they were.
# Seen:     data             structured, read by the SDK    binary, JSON.parse    binary, read by the SDK
#           "on its way"     "on its way"                   SyntaxError           "on its way"
#           "0042"           "0042"                         SyntaxError           "0042"
#           "42"             "42"                           42                    "42"
#           "{\"id\":42}"    "{\"id\":42}"                  {"id":42}             {"id":42}
#           42               42                             42                    ValidationError
#           {"id":"42"}      {"id":"42"}                    {"id":"42"}           {"id":"42"}
# Matters:  tests that write and read with this SDK pass for texts, while receivers in other languages answer that it is no JSON, or get the
#           order number as a number. Make the data an object, always.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" cloudevents@10.0.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { CloudEvent, HTTP } from 'cloudevents'

console.log(`cloudevents 10.0.0, node ${process.version}`)
const outcome = (work) => {
  try {
    return JSON.stringify(work())
  } catch (error) {
    return error.constructor.name
  }
}
const show = (...cells) => console.log(cells.map((cell, at) => cell.padEnd([16, 30, 21, 0][at])).join(' '))
show('data', 'structured, read by the SDK', 'binary, JSON.parse', 'binary, read by the SDK')
const rows = [
  ['on its way', 'same', 'SyntaxError', 'same'],
  ['0042', 'same', 'SyntaxError', 'same'],
  ['42', 'same', '42', 'same'],
  ['{"id":42}', 'same', '{"id":42}', '{"id":42}'],
  [42, 'same', 'same', 'ValidationError'],
  [{ id: '42' }, 'same', 'same', 'same'],
]
for (const [data, ...expected] of rows) {
  const event = new CloudEvent({ type: 'org.example.order', source: '/orders', datacontenttype: 'application/json', data })
  const [structured, binary] = [HTTP.structured(event), HTTP.binary(event)]
  assert.match(binary.headers['content-type'], /^application\/json/)
  const written = JSON.stringify(data)
  const seen = [
    outcome(() => HTTP.toEvent(structured).data),
    outcome(() => JSON.parse(binary.body)),
    outcome(() => HTTP.toEvent(binary).data),
  ]
  show(written, ...seen)
  assert.deepEqual(seen, expected.map((cell) => (cell === 'same' ? written : cell)))
}
JS
node see.mjs
