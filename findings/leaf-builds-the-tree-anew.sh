#!/usr/bin/env bash
# merkletreejs 0.6.0: addLeaf() hashes the whole tree anew, so that a log which grows by it costs hundreds of times what the tree does.
#
# Expected: a leaf that is added changes the one path from it to the root, eleven hashes for two thousand leaves, as in the logs of RFC 9162.
# Happens:  addLeaf() takes all leaves that there are and hashes each level again. The cost of an entry grows with their number, and that of a
#           log with its square. addLeaves() does it once for many.
# Seen:     leaves that are hashes already, and a hash function that counts its calls:
#           one more to 100 leaves:             100 hashes
#           one more to 2000 leaves:            2000 hashes
#           1000 leaves at once:                999 hashes
#           1000 leaves, one after another:     499500 hashes, 500 times as many
# Matters:  a journal with a root after each entry is quick in the test and in the first week. At a hundred thousand entries each new one
#           computes as many hashes while the process does nothing else. Keep the hashes along the right edge of the tree, one for each level, as
#           logs of certificates do; eleven of them make the next root of two thousand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" merkletreejs@0.6.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { MerkleTree } from 'merkletreejs'

console.log(`merkletreejs 0.6.0, node ${process.version}`)
let hashes = 0
const sha256 = (text) => createHash('sha256').update(text).digest()
const counted = (text) => {
  hashes += 1
  return sha256(text)
}
const leaves = Array.from({ length: 2000 }, (_, nth) => sha256(`entry ${nth}`))
const count = (run) => {
  hashes = 0
  run()
  return hashes
}
const more = (length) => {
  const tree = new MerkleTree(leaves.slice(0, length), counted)
  return count(() => tree.addLeaf(sha256('one more')))
}
const whole = new MerkleTree([], counted)
const atOnce = count(() => new MerkleTree(leaves.slice(0, 1000), counted))
const oneByOne = count(() => {
  for (const leaf of leaves.slice(0, 1000)) whole.addLeaf(leaf)
})
assert.deepEqual(whole.getRoot(), new MerkleTree(leaves.slice(0, 1000), sha256).getRoot())
for (const [title, seen, expected] of [
  ['one more to 100 leaves', more(100), 100],
  ['one more to 2000 leaves', more(2000), 2000],
  ['1000 leaves at once', atOnce, 999],
  ['1000 leaves, one after another', oneByOne, 499_500],
]) {
  console.log(`${`${title}:`.padEnd(35)} ${seen} hashes${seen > 10_000 ? `, ${Math.round(seen / atOnce)} times as many` : ''}`)
  assert.equal(seen, expected)
}
JS
node see.mjs
