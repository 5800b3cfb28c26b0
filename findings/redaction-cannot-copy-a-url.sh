#!/usr/bin/env bash
# pino 10.4.0: with a redact path that passes by a URL, logging that URL throws; other values with a private part are lost from the line.
#
# Expected: `redact: ['*.password']` covers what is called password and leaves the rest of a line as it would be without; a call of the logger
#           does not throw.
# Happens:  redaction works on a copy, made by Object.create(prototype) and the own properties. What keeps its state in private fields or
#           internal slots leaves it behind: reading `password` of the copied URL throws out of log.info(), and toJSON() of the others
#           throws while the line is written, for which pino writes "circular reference", though there is none. Only Date and arrays are
#           copied as what they are. pino 9.7.0 changed the value in place and put it back, and loses none.
# Seen:     nothing redacted:        url "https://example.org/", instant "2026-01-01T00:00:00Z", person {"id":7}, date "1970-01-01T00:00:00.000Z"
#           '*.password':            url TypeError, instant lost, person lost, date "1970-01-01T00:00:00.000Z"
#           '*.password', pino 9:    url "https://:%5BRedacted%5D@example.org/", and the others as with nothing redacted
# Matters:  one line of configuration, put in for safety, makes log lines throw inside of the handlers of errors, where an address is what one
#           wants to see, and hides times and users behind a fault that is not theirs. Give such values to the logger as text.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 pino@10.4.0 pino9@npm:pino@9.7.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pino from 'pino'
import pino9 from 'pino9'

console.log(`pino ${pino.version} and ${pino9.version}, node ${process.version}`)

class Person {
  #id = 7
  toJSON() {
    return { id: this.#id }
  }
}
const values = {
  url: () => new URL('https://example.org/'),
  instant: () => Temporal.Instant.from('2026-01-01T00:00Z'),
  person: () => new Person(),
  date: () => new Date(0),
}
const look = (title, make, redact) => {
  const seen = {}
  for (const [name, value] of Object.entries(values)) {
    let line = ''
    const log = make({ redact, base: null, timestamp: false }, { write: (text) => (line += text) })
    try {
      log.info({ [name]: value() })
      const written = JSON.parse(line)[name]
      seen[name] = /unable to serialize, circular reference/.test(written) ? 'lost' : JSON.stringify(written)
    } catch (error) {
      seen[name] = error.constructor.name
    }
  }
  console.log(`${`${title}:`.padEnd(24)} ${Object.entries(seen).map((pair) => pair.join(' ')).join(', ')}`)
  return seen
}

const plain = look('nothing redacted', pino)
assert.deepEqual(plain, {
  url: '"https://example.org/"',
  instant: '"2026-01-01T00:00:00Z"',
  person: '{"id":7}',
  date: '"1970-01-01T00:00:00.000Z"',
})
const redacted = look("'*.password'", pino, ['*.password'])
assert.deepEqual(redacted, { url: 'TypeError', instant: 'lost', person: 'lost', date: plain.date })
const { url, ...others } = look("'*.password', pino 9", pino9, ['*.password'])
assert.deepEqual({ ...plain, ...others }, plain)
assert.match(url, /@example\.org/)
JS
node_modules/.bin/node see.mjs
