#!/usr/bin/env bash
# yaml 2.9.1: `logLevel: 'silent'` drops the error MULTIPLE_DOCS.
#
# Expected: a log level decides what is printed on the console. parseDocument() collects errors in `errors` and prints none of them.
# Happens:  with 'silent' a stream of two documents has no error, and parse() gives the first document instead of throwing.
#           Other errors, such as DUPLICATE_KEY, stay.
# Seen:     error:  MULTIPLE_DOCS, parse throws MULTIPLE_DOCS
#           silent: no error, parse gives {"a":1}
# Matters:  whoever silences the console reads half a configuration file, and nothing says that the rest was left out.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" yaml@2.9.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse, parseDocument } from 'yaml'

setTimeout(() => process.exit(1), 30_000).unref()
const { version } = JSON.parse(readFileSync('node_modules/yaml/package.json', 'utf8'))
console.log(`yaml ${version}`)

const twoDocuments = 'a: 1\n---\nb: 2\n'
const codes = (text, logLevel) => parseDocument(text, { logLevel }).errors.map(({ code }) => code)
const parsed = (logLevel) => {
  try {
    return `parse gives ${JSON.stringify(parse(twoDocuments, { logLevel }))}`
  } catch ({ code }) {
    return `parse throws ${code}`
  }
}
for (const level of ['warn', 'error', 'silent']) console.log(`${level}: ${codes(twoDocuments, level).join() || 'no error'}, ${parsed(level)}`)

assert.deepEqual(codes(twoDocuments, 'error'), ['MULTIPLE_DOCS'])
assert.deepEqual(codes(twoDocuments, 'silent'), [])
assert.equal(parsed('silent'), 'parse gives {"a":1}')
assert.deepEqual(codes('a: 1\na: 2\n', 'silent'), ['DUPLICATE_KEY'])
JS
node see.mjs
