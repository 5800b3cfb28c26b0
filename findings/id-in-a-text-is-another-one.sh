#!/usr/bin/env bash
# axios 1.21.1: an id that a service answers as text/plain arrives as a number, rounded.
#
# Expected: `data` of an answer with Content-Type text/plain is its text. What becomes of JSON is a matter of application/json.
# Happens:  unless responseType is said, axios tries JSON.parse() on every answer, whatever its type is, and keeps the text only if that fails. So a
#           text that is also JSON is what JSON makes of it: digits a number, of which what is beyond 2^53 is rounded, 1e3 a thousand, true a
#           boolean, quoted words lose their quotes. With leading noughts it fails, and the text is kept.
# Seen:     the text that was sent, and the data that came:
#           12345678901234567890:    a number, 12345678901234567000
#           1e3:                     a number, 1000
#           true:                    a boolean, true
#           "ann":                   a string, ann
#           0012:                    a string, 0012
#           12345678901234567890:    a string, 12345678901234567890 (with responseType: 'text')
# Matters:  ids, codes and tokens that are all digits come through for most users and are other ones for some: those with long numbers, or with an e
#           among the digits. The next call asks for, or deletes, what belongs to somebody else. fetch and ky give the text. Say responseType:
#           'text'.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" axios@1.21.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import axios from 'axios'

console.log(`axios 1.21.1, node ${process.version}`)
let sent
const server = createServer((_, response) => response.setHeader('content-type', 'text/plain; charset=utf-8').end(sent)).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${server.address().port}`
for (const [text, expected, options] of [
  ['12345678901234567890', 'a number, 12345678901234567000'],
  ['1e3', 'a number, 1000'],
  ['true', 'a boolean, true'],
  ['"ann"', 'a string, ann'],
  ['0012', 'a string, 0012'],
  ['12345678901234567890', "a string, 12345678901234567890 (with responseType: 'text')", { responseType: 'text' }],
]) {
  sent = text
  const { data } = await axios.get(address, options)
  const seen = `a ${typeof data}, ${data}${options ? " (with responseType: 'text')" : ''}`
  console.log(`${`${text}:`.padEnd(24)} ${seen}`)
  assert.equal(seen, expected)
}
server.close()
JS
node see.mjs
