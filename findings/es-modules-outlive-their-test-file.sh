#!/usr/bin/env bash
# jest 30.5.2, node 26.10.0: whatever the modules of a test file hold stays in memory until the process ends, unless V8's cache of
# compiled scripts is off.
#
# Expected: each test file has its own registry of modules, which goes with the file.
# Happens:  modules of files that are done are not let go, not by a full collection either. V8's compilation cache holds each module of
#           node:vm that was evaluated, and by it all that the module holds, though no later file ever finds it there: each script of
#           node:vm has an identity of its own. Only a collection of last resort (an allocation failed) empties the cache. It is the same
#           without jest: evaluate a vm.SourceTextModule in a context, forget both, collect.
# Seen:     twelve files that import the same 18 MB each: 197 MB more after the last than after the first; 1 MB with --no-compilation-cache
# Matters:  a suite of some hundred files spends its time on collections of what nobody needs, or dies of a full heap on a small machine,
#           where jest runs all files in one process. A `workerIdleMemoryLimit` hides it, at the price of a new process each few files.
#           Start jest by `node --no-compilation-cache`, which its workers inherit.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "jest": { "transform": {} } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jest@30.5.2

echo 'export const lines = Array.from({ length: 400_000 }, (_, at) => `line ${at}`)' >lines.mjs
for at in 1 2 3 4 5 6 7 8 9 10 11 12; do
  echo "import { lines } from './lines.mjs'; test('has lines', () => expect(lines.length).toBe(400_000))" >"import-$at.test.mjs"
done

# The heap in megabytes after each file, a full collection before it is measured; how much more there is after the last than after the first.
growth() {
  node --expose-gc "$@" --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --runInBand --logHeapUsage --testMatch '**/import-*.test.mjs' 2>&1 | sed -nE 's/^PASS .*\(([0-9]+) MB heap size\)$/\1/p' |
    awk 'NR == 1 { first = $1 } { last = $1 } END { if (NR != 12) exit 1; print last - first }'
}
kept=$(growth)
let_go=$(growth --no-compilation-cache)
echo "jest 30.5.2, node $(node --version)"
echo "with the compilation cache: $kept MB more, without: $let_go MB more"
((kept > 150 && let_go < 50))
