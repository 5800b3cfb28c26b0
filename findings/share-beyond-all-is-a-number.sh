#!/usr/bin/env bash
# jest 30.5.2: `maxWorkers: '150%'` is 150 workers.
#
# Expected: a share of the processors, beyond all of them too: tests that mostly wait want three workers for two processors. Or an error.
# Happens:  a share counts as one from 1 % to 100 %. Beyond that its sign is dropped, without a word, and the number is that of workers.
# Seen:     on N processors:  50% N/2 workers, 100% N workers, 101% 101 workers, 150% 150 workers
# Matters:  the difference is a factor of 50 on two processors: the machine is out of memory or all tests run into their time limits, and with few
#           test files nothing shows it, since no more workers are started than there are files. Write a number, or reckon it in jest.config.js.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" jest@30.5.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const workersAt = (share) => {
  const shown = execFileSync('node_modules/.bin/jest', ['--showConfig', `--maxWorkers=${share}`], { encoding: 'utf8' })
  return JSON.parse(shown).globalConfig.maxWorkers
}
const seen = Object.fromEntries(['50%', '100%', '101%', '150%'].map((share) => [share, workersAt(share)]))
const processors = availableParallelism()
console.log(`jest 30.5.2, ${processors} processors:`, seen)
assert.deepEqual(seen, { '50%': Math.max(1, Math.floor(processors / 2)), '100%': processors, '101%': 101, '150%': 150 })
JS
node see.mjs
