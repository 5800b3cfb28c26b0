#!/usr/bin/env bash
# Node 26.10.0: in a heap snapshot the shortest way to a leaked string leads past whoever holds it, once the string has been a key.
#
# Expected: every way from the roots that has no weak edge is a reason for a string to live, so the shortest one tells who holds it.
# Happens:  a string that was once the name of a property belongs to V8's table of internalized strings. The snapshot draws the table right
#           below the roots, with edges that are not marked as weak, but it keeps nothing: without its true holder the string is gone.
# Seen:     never a key:                        … > global > Owner > Array > the text
#           once a key:                         (GC roots) > (Internalized strings) > the text
#           once a key, the table passed over:  … > global > Owner > Array > the text
#           once a key, the holder emptied:     no way, the text is gone
# Matters:  a test or a tool that asks what holds a secret, or a visitor's address, is told "a root" and stops there; the memo or list that
#           leaks is the second way. Pass over that table.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >holds.cjs <<'JS'
// The text is joined here, so that no source text holds it as well.
const { writeHeapSnapshot } = require('node:v8')
class Owner {
  list = []
}
globalThis.owner = new Owner()
const keep = (asKey) => {
  const text = process.argv.slice(3).join('-')
  if (asKey) ({})[text] = true
  owner.list.push(text)
}
keep(process.argv[2] === 'key')
setImmediate(() => {
  writeHeapSnapshot('held.heapsnapshot')
  owner.list = []
  setImmediate(() => writeHeapSnapshot('gone.heapsnapshot'))
})
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`node ${process.version}, V8 ${process.versions.v8}`)

/** Names along the shortest way without weak edges from the roots to the text. */
const way = (file, text, passedOver) => {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(file, 'utf8'))
  const { node_fields, edge_fields, edge_types } = snapshot.meta
  const [width, edgeWidth] = [node_fields.length, edge_fields.length]
  const [nameAt, edgesAt] = [node_fields.indexOf('name'), node_fields.indexOf('edge_count')]
  const weak = edge_types[0].indexOf('weak')
  const nameOf = (node) => strings[nodes[node + nameAt]]
  const firstEdge = new Map()
  for (let node = 0, edge = 0; node < nodes.length; node += width) {
    firstEdge.set(node, edge)
    edge += nodes[node + edgesAt] * edgeWidth
  }
  const cameFrom = new Map([[0, undefined]])
  for (const node of cameFrom.keys()) {
    if (nameOf(node) === text) {
      const names = []
      for (let at = node; at !== undefined; at = cameFrom.get(at)) names.unshift(nameOf(at))
      return names.filter(Boolean)
    }
    const first = firstEdge.get(node)
    for (let edge = first; edge < first + nodes[node + edgesAt] * edgeWidth; edge += edgeWidth) {
      const to = edges[edge + 2]
      if (edges[edge] !== weak && !cameFrom.has(to) && nameOf(to) !== passedOver) cameFrom.set(to, node)
    }
  }
  return []
}

const parts = ['203', '0', '113', '7', 'visitor']
const text = parts.join('-')
const TABLE = '(Internalized strings)'
const show = (title, names) => {
  console.log(`${`${title}:`.padEnd(37)} ${names.join(' > ') || 'no way, the text is gone'}`)
  return names
}
const run = (as) => execFileSync(process.execPath, ['holds.cjs', as, ...parts], { timeout: 30_000 })

run('value')
const never = show('never a key', way('held.heapsnapshot', text))
run('key')
const once = show('once a key', way('held.heapsnapshot', text))
const passed = show('once a key, the table passed over', way('held.heapsnapshot', text, TABLE))
const gone = show('once a key, the holder emptied', way('gone.heapsnapshot', text))
assert.ok(!never.includes(TABLE) && never.includes('Owner'))
assert.ok(once.at(-2) === TABLE && !once.includes('Owner'))
assert.ok(passed.includes('Owner'))
assert.deepEqual(gone, [])
JS
node_modules/.bin/node see.mjs
