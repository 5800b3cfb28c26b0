#!/usr/bin/env bash
# jest 30.5.2: `maxWorkers: "200%"` starts two hundred processes.
#
# Expected: a share of the processors, twice as many workers as there are, for tests that wait most of their time; or a refusal.
# Happens:  only 1 to 100 are taken as a share. Above that the sign is dropped without a word, and the number is a number of workers.
# Seen:     --maxWorkers=100% on two processors: 2 workers; --maxWorkers=101%: 101
# Matters:  a suite of some hundred files takes the machine, each worker with the memory of a test run. Write a number where more than the
#           processors is wanted.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "jest": { "transform": {} } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jest@30.5.2

echo "test('runs', () => {})" >a.test.js
workers() {
  node node_modules/jest/bin/jest.js "--maxWorkers=$1" --showConfig | sed -nE 's/^ *"maxWorkers": ([0-9]+).*/\1/p'
}
share=$(workers 100%)
more=$(workers 101%)
echo "jest 30.5.2, node $(node --version)"
echo "--maxWorkers=100% on $(nproc) processors: $share workers; --maxWorkers=101%: $more"
[[ $share == $(nproc) && $more == 101 ]]
