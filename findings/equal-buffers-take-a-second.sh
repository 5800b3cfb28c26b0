#!/usr/bin/env bash
# expect 30.5.2 (of jest): toEqual() of two equal buffers of 1 MB takes the better part of a second, thousands of times what the comparison costs.
#
# Expected: typed arrays and buffers are compared as what they are, as assert.deepStrictEqual() does; toStrictEqual(), which looks at more, is not
#           quicker.
# Happens:  to toEqual() they are objects: it makes a list of a million keys as texts for each of the two, and looks up and compares item by item with
#           all that equality may mean, matchers and circles included. toStrictEqual() alone looks at the bytes, one by one, before that.
# Seen:     two equal buffers of 1 MB, each with its ratio to Buffer.equals() (the best of three):
#           Buffer.equals():             1 times, 0 ms
#           assert.deepStrictEqual():    1 times, 0 ms
#           toStrictEqual():             65 times, 5 ms
#           toEqual():                   10739 times, 784 ms
# Matters:  tests of uploads, downloads, pictures and encryption are slow for a reason that no profile of one's own code shows, and run out of their
#           five seconds on a busy machine at some MB. Write expect(one.equals(other)).toBe(true), or compare hashes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" expect@30.5.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { expect } from 'expect'

console.log(`expect 30.5.2, node ${process.version}`)
const [one, other] = [Buffer.alloc(2 ** 20, 7), Buffer.alloc(2 ** 20, 7)]
const cases = {
  'Buffer.equals()': () => assert.ok(one.equals(other)),
  'assert.deepStrictEqual()': () => assert.deepStrictEqual(one, other),
  'toStrictEqual()': () => expect(one).toStrictEqual(other),
  'toEqual()': () => expect(one).toEqual(other),
}
const best = {}
for (let round = 0; round < 3; round += 1) {
  for (const [title, run] of Object.entries(cases)) {
    const before = performance.now()
    run()
    best[title] = Math.min(best[title] ?? Infinity, performance.now() - before)
  }
}
for (const [title, ms] of Object.entries(best)) {
  console.log(`${`${title}:`.padEnd(28)} ${Math.round(ms / best['Buffer.equals()'])} times, ${Math.round(ms)} ms`)
}
assert.ok(best['toEqual()'] > 3 * best['toStrictEqual()'])
assert.ok(best['toEqual()'] > 100 * best['assert.deepStrictEqual()'])
JS
node see.mjs
