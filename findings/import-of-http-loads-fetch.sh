#!/usr/bin/env bash
# Node 26.10.0: `import` of node:http, in whatever form, loads undici and the classes of the web, and costs several times what require() does.
#
# Expected: import { createServer } from 'node:http' and require('node:http') load the same. What belongs to fetch, WebSocket and EventSource is
#           loaded when somebody uses it, which is why these are getters.
# Happens:  node:http also exports WebSocket, CloseEvent and MessageEvent, by getters that load undici. For an ES module the names of a builtin are
#           filled in when it is first imported, each with its value, so all getters are read, wanted or not. require() and
#           process.getBuiltinModule() read none.
# Seen:     modules of Node beyond those of an empty program, and the time of the processor beyond it (the best of seven starts):
#           require('node:http'):                38 modules, without undici, 5 ms
#           getBuiltinModule('node:http'):       38 modules, without undici, 4 ms
#           import { createServer }:             129 modules, with undici, 37 ms
#           import of node:net:                  31 modules, without undici, 2 ms
# Matters:  a program for the command line, a function that starts for each call or a check of health by a small script pays it at each start, and
#           13 MB of memory with it, while a profile shows only "node:internal". It is one line to change: process.getBuiltinModule()
#           in what starts often. node:https does not do it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

console.log(`node ${process.version}`)
const say = `console.log(JSON.stringify({ cpu: process.cpuUsage(), modules: process.moduleLoadList.length, undici: process.moduleLoadList.some((name) => name.includes('undici')) }))`
const starts = (file, text) => {
  writeFileSync(file, `${text}\n${say}\n`)
  const runs = Array.from({ length: 7 }, () => JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' })))
  return { ...runs[0], ms: Math.min(...runs.map(({ cpu }) => (cpu.user + cpu.system) / 1000)) }
}
const empty = { cjs: starts('empty.cjs', ''), mjs: starts('empty.mjs', '') }
const seen = {}
for (const [title, file, text, undici] of [
  ["require('node:http')", 'required.cjs', `require('node:http')`, false],
  ["getBuiltinModule('node:http')", 'gotten.mjs', `process.getBuiltinModule('node:http')`, false],
  ['import { createServer }', 'named.mjs', `import { createServer } from 'node:http'`, true],
  ['import of node:net', 'net.mjs', `import 'node:net'`, false],
]) {
  const start = starts(file, text)
  const base = empty[file.split('.')[1]]
  seen[file] = { modules: start.modules - base.modules, ms: start.ms - base.ms }
  console.log(`${`${title}:`.padEnd(36)} ${seen[file].modules} modules, ${start.undici ? 'with' : 'without'} undici, ${Math.round(seen[file].ms)} ms`)
  assert.equal(start.undici, undici)
}
assert.ok(seen['named.mjs'].modules > 2 * seen['gotten.mjs'].modules)
assert.ok(seen['named.mjs'].ms > 2 * seen['gotten.mjs'].ms)
JS
node_modules/.bin/node see.mjs
