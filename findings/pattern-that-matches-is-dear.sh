#!/usr/bin/env bash
# Node 26.10.0: exec() of a URLPattern that matches costs twenty times what one that does not match costs, and hundreds of times a regular expression.
#
# Expected: a URLPattern is compiled when it is made, so that exec() is about the cost of taking the URL apart and one regular expression. test() is
#           so.
# Happens:  exec() makes an answer of all eight parts of a URL, each an object with its input and its groups, those named '0' for parts that
#           may be anything included, and hands it over from C++ name by name. Who wants one id pays for all.
# Seen:     the pattern /users/:id, each with its ratio to a regular expression on the same path (the best of seven rounds; others were up to 450):
#           regular expression:          1 times
#           new URL() and that:          4 times
#           test(), matches:             12 times
#           exec(), does not match:      16 times
#           exec(), matches:             274 times
# Matters:  a router that tries its patterns by exec() has this price once for each request: 25 µs here, as much as all of a small handler; a service
#           worker or a proxy that reads ids out of each address has it for each of them. Ask test() first where most do not match, and
#           take the groups by a regular expression where it is hot.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'

console.log(`node ${process.version}`)
const pattern = new URLPattern({ pathname: '/users/:id' })
const expression = /^\/users\/([^/]+)$/
const match = 'http://localhost/users/123'
const other = 'http://localhost/teams/123'
assert.equal(pattern.exec(match).pathname.groups.id, expression.exec(new URL(match).pathname)[1])
assert.equal(pattern.exec(other), null)

const cases = {
  'regular expression': () => expression.exec('/users/123'),
  'new URL() and that': () => expression.exec(new URL(match).pathname),
  'test(), matches': () => pattern.test(match),
  'exec(), does not match': () => pattern.exec(other),
  'exec(), matches': () => pattern.exec(match),
}
const best = {}
for (let round = 0; round < 7; round += 1) {
  for (const [title, run] of Object.entries(cases)) {
    const before = process.hrtime.bigint()
    for (let nth = 0; nth < 5000; nth += 1) run()
    best[title] = Math.min(best[title] ?? Infinity, Number(process.hrtime.bigint() - before) / 5000)
  }
}
for (const [title, ns] of Object.entries(best)) console.log(`${`${title}:`.padEnd(28)} ${Math.round(ns / best['regular expression'])} times`)
assert.ok(best['exec(), matches'] > 8 * best['exec(), does not match'])
assert.ok(best['exec(), matches'] > 8 * best['test(), matches'])
assert.ok(best['exec(), matches'] > 30 * best['new URL() and that'])
JS
node_modules/.bin/node see.mjs
