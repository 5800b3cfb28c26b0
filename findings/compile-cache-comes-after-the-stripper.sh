#!/usr/bin/env bash
# Node 26.10.0: a TypeScript program that switches its compile cache on itself loads the whole type stripper at each start, cached or not.
#
# Expected: enableCompileCache() as the first statement costs the first file once more, and that file is three lines. Since the cache keeps
#           what is left of a file without its types, a second start needs no stripper.
# Happens:  the first file is read before the cache is on, so its types are stripped anew each time, and the stripper is one piece with
#           its WebAssembly: three lines load all of it. With a first file in JavaScript that does the same, or with
#           NODE_COMPILE_CACHE set beforehand, it is not loaded.
# Seen:     second start, begun in TypeScript:         stripper loaded, 119 ms of processor, 61 MB
#           second start, begun in JavaScript:         no stripper, 53 ms of processor, 44 MB
#           second start, NODE_COMPILE_CACHE set:      no stripper, 50 ms of processor, 44 MB
# Matters:  the cache seems to work (its files are there, and are read), while most of what it could save is spent before it begins. Short
#           programs and small machines feel it. Begin in a JavaScript file, or set the variable.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset NODE_COMPILE_CACHE NODE_DISABLE_COMPILE_CACHE NODE_OPTIONS
echo '{ "private": true, "type": "module", "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >app.ts <<'TS'
const loaded: boolean = process.moduleLoadList.some((name: string) => name.includes('amaro'))
const { user, system }: NodeJS.CpuUsage = process.cpuUsage()
const memory: number = process.memoryUsage.rss()
const say: string = `${loaded ? 'stripper loaded' : 'no stripper'}, ${Math.round((user + system) / 1e3)} ms of processor, ${Math.round(memory / 2 ** 20)} MB`
console.log(say)
TS
cat >first.ts <<'TS'
import { enableCompileCache } from 'node:module'
enableCompileCache('cache')
await import('./app.ts')
TS
cp first.ts first.js
echo "node $(node_modules/.bin/node --version)"
second() {
  title=$1 expected=$2
  shift 2
  # The first start fills the cache.
  rm -rf cache
  env "$@" >first-start
  [ -n "$(ls -A cache)" ]
  said=$(env "$@")
  printf 'second start, %-28s %s\n' "$title" "$said"
  grep -q '^stripper loaded' first-start
  [[ $said == "$expected"* ]]
}
second 'begun in TypeScript:' 'stripper loaded' node_modules/.bin/node first.ts
second 'begun in JavaScript:' 'no stripper' node_modules/.bin/node first.js
second 'NODE_COMPILE_CACHE set:' 'no stripper' NODE_COMPILE_CACHE=cache node_modules/.bin/node first.ts
