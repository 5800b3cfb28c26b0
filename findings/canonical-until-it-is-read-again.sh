#!/usr/bin/env bash
# json-canonicalize 3.0.1: the canonical text of an object with toJSON() is not canonical, so a record's hash is another one once it has been stored.
#
# Expected: the text by RFC 8785 has its keys in order, whatever object it comes from, so it is the same for a record and for what JSON.parse makes of
#           it. canonicalize does so, and hashes and signatures rest on it.
# Happens:  what toJSON() returns is written in the order in which it comes, by JSON.stringify, and everything below it as well. A Date and a URL
#           return texts, with which one does not see it. Models of databases, decimals and one's own classes return objects.
# Seen:     a record { user }, where user is of a class whose toJSON() gives { name, email }:
#           canonicalize 5.1.0:         {"user":{"email":"a@example.com","name":"Ann"}}; hash the same after JSON.parse
#           json-canonicalize 3.0.1:    {"user":{"name":"Ann","email":"a@example.com"}}; hash another one after JSON.parse
# Matters:  a journal that is made from live objects is found forged when it is checked from the file, and a signature that was made by one service is
#           refused by another, for those records alone that held such an object. Tests with plain objects pass. Canonicalize
#           JSON.parse(JSON.stringify(record)).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" json-canonicalize@3.0.1 canonicalize@5.1.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import * as other from 'canonicalize'
import { canonicalize } from 'json-canonicalize'

console.log(`json-canonicalize 3.0.1, canonicalize 5.1.0, node ${process.version}`)
class User {
  constructor(name, email) {
    Object.assign(this, { name, email })
  }
  toJSON() {
    return { name: this.name, email: this.email }
  }
}
const record = { user: new User('Ann', 'a@example.com') }
const stored = JSON.parse(JSON.stringify(record))
const hash = (text) => createHash('sha256').update(text).digest('hex')
for (const [title, write, text, same] of [
  ['canonicalize 5.1.0', other.canonicalize ?? other.default, '{"user":{"email":"a@example.com","name":"Ann"}}', true],
  ['json-canonicalize 3.0.1', canonicalize, '{"user":{"name":"Ann","email":"a@example.com"}}', false],
]) {
  const seen = write(record)
  const again = hash(seen) === hash(write(stored))
  console.log(`${`${title}:`.padEnd(26)} ${seen}; hash ${again ? 'the same' : 'another one'} after JSON.parse`)
  assert.equal(seen, text)
  assert.equal(again, same)
}
JS
node see.mjs
