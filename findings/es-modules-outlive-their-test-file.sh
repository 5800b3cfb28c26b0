#!/usr/bin/env bash
# jest 30.5.2: with --experimental-vm-modules, whatever the modules of a test file hold stays in memory until the process ends.
#
# Expected: each test file has its own registry of modules, which goes with the file, as it does with CommonJS.
# Happens:  ES modules of files that are done are never let go, not by a full collection either. jest runs all files in one process on a
#           machine of two cores (workers: cores minus one), so the heap grows until it is full.
# Seen:     twelve files that hold the same 18 MB each: by require 18 MB more (two files at most at a time), by import 195 MB more
# Matters:  a suite of some hundred files dies of a full heap after most of it has passed, on small machines alone. Set
#           `maxWorkers` to two or more and a `workerIdleMemoryLimit`: only processes that are replaced give the memory back.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "jest": { "transform": {} } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jest@30.5.2

lines='Array.from({ length: 400_000 }, (_, at) => `line ${at}`)'
echo "export const lines = $lines" >lines.mjs
echo "exports.lines = $lines" >lines.cjs
check="test('has lines', () => expect(lines.length).toBe(400_000))"
for at in 1 2 3 4 5 6 7 8 9 10 11 12; do
  echo "import { lines } from './lines.mjs'; $check" >"import-$at.test.mjs"
  echo "const { lines } = require('./lines.cjs'); $check" >"require-$at.test.cjs"
done

# The heap in megabytes after each file, a full collection before it is measured; how much more there is after the last than after the first.
growth() {
  node --expose-gc --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --runInBand --logHeapUsage --testMatch "**/$1-*.test.*js" 2>&1 | sed -nE 's/^PASS .*\(([0-9]+) MB heap size\)$/\1/p' |
    awk 'NR == 1 { first = $1 } { last = $1 } END { if (NR != 12) exit 1; print last - first }'
}
required=$(growth require)
imported=$(growth import)
echo "jest 30.5.2, node $(node --version)"
echo "by require: $required MB more, by import: $imported MB more"
((required < 80 && imported > 150))
