#!/usr/bin/env bash
# node:sqlite of Node 26.10.0: a statement that runs cannot be ended, not even with the worker in which it runs.
#
# Expected: who fears a long query puts the database into a worker and calls terminate() when time is up, which ends a busy loop in
#           JavaScript at once; or sets `timeout`, 50 ms here.
# Happens:  terminate() takes effect when the statement has come to its end. `timeout` is the wait for a lock alone, and the class has no
#           interrupt(), though SQLite has sqlite3_interrupt.
# Seen:     a statement of 1171 ms: terminate() took 1130 ms; a loop of 1171 ms: terminate() took 3 ms
# Matters:  a time limit by worker looks right in every test with JavaScript in it. A long query needs a process of its own, or to be
#           cut into pages.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`)

const statement = `
  const { parentPort } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(':memory:', { timeout: 50 })
  const count = database.prepare('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000) SELECT count(*) FROM n')
  parentPort.postMessage('begins')
  count.get()
  parentPort.postMessage('ends')`
const loop = (ms) => `
  require('node:worker_threads').parentPort.postMessage('begins')
  const end = performance.now() + ${ms}
  while (performance.now() < end);`

const begun = async (program) => {
  const worker = new Worker(program, { eval: true })
  await once(worker, 'message')
  return { worker, start: performance.now() }
}
const terminated = async (program) => {
  const { worker, start } = await begun(program)
  await worker.terminate()
  return Math.round(performance.now() - start)
}

const whole = await begun(statement)
await once(whole.worker, 'message')
const length = Math.round(performance.now() - whole.start)
await whole.worker.terminate()

const [afterStatement, afterLoop] = [await terminated(statement), await terminated(loop(length))]
console.log(`a statement of ${length} ms: terminate() took ${afterStatement} ms; a loop of ${length} ms: terminate() took ${afterLoop} ms`)
assert.ok(!('interrupt' in DatabaseSync.prototype))
assert.ok(afterStatement > length / 2)
assert.ok(afterLoop < length / 4)
JS
node_modules/.bin/node see.mjs
