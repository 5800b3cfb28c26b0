#!/usr/bin/env bash
# node:sqlite of Node 26.10.0: a writer with a timeout of three seconds gives up, although the lock was free dozens of times meanwhile.
#
# Expected: `timeout` is the time for which a writer waits for the lock; whoever lets go of it within that time lets the next one in.
# Happens:  nobody is woken. SQLite sleeps and looks: after 1, 2, 5, 10, 15, 20, 25, 25, 25, 50 and 50 ms, then every 100 ms. Beside a writer
#           with a beat of 50 ms that leaves the lock free for 3 ms of each, the looks of one that comes in the middle of a beat all fall
#           into the time in which it is held. A longer timeout only adds looks at the same moment of the beat.
# Seen:     timeout 3000: "database is locked" after 3007 ms, the lock was let go 60 times
#           timeout 2, asked again and again: the lock after 23, 23, 23, 23, 23 ms
# Matters:  two programs on one file starve by their rhythm, not by their load, and the error reads like a lock that was never let go. Ask with
#           a short timeout in a loop that has the long one.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`)

const [beat, free, timeout] = [50, 3, 3000]
const [HELD, RELEASES] = [0, 1]
const lock = new Int32Array(new SharedArrayBuffer(8))
const other = `
  const { DatabaseSync } = require('node:sqlite')
  const { workerData: { lock, beat, free } } = require('node:worker_threads')
  const nap = new Int32Array(new SharedArrayBuffer(4))
  const until = (time) => Atomics.wait(nap, 0, 0, Math.max(0, time - performance.now()))
  const database = new DatabaseSync('shared.db', { timeout: 5000 })
  for (let end = performance.now() + beat; ; end += beat) {
    database.exec('BEGIN IMMEDIATE')
    Atomics.store(lock, ${HELD}, 1)
    Atomics.notify(lock, ${HELD})
    until(end - free)
    Atomics.store(lock, ${HELD}, 0)
    database.exec('COMMIT')
    Atomics.add(lock, ${RELEASES}, 1)
    until(end)
  }`
const worker = new Worker(other, { eval: true, workerData: { lock, beat, free } })
const database = new DatabaseSync('shared.db', { timeout })

const nap = new Int32Array(new SharedArrayBuffer(4))
/** What `lockIt` ends with when it begins in the middle of a beat. */
const tried = (lockIt) => {
  while (Atomics.load(lock, HELD) === 1) Atomics.wait(lock, HELD, 1, 1)
  Atomics.wait(lock, HELD, 0, 5000)
  Atomics.wait(nap, 0, 0, beat / 2)
  const [start, releases] = [performance.now(), Atomics.load(lock, RELEASES)]
  let said = 'locked it'
  try {
    lockIt(start)
    database.exec('COMMIT')
  } catch (error) {
    said = error.message
  }
  return { said, ms: Math.round(performance.now() - start), releases: Atomics.load(lock, RELEASES) - releases }
}

// A busy machine shifts the looks, so that one may hit by chance.
let once
for (let nth = 0; nth < 8; nth += 1) {
  once = tried(() => database.exec('BEGIN IMMEDIATE'))
  console.log(`timeout ${timeout}: "${once.said}" after ${once.ms} ms, the lock was let go ${once.releases} times`)
  if (once.said === 'database is locked') break
}

database.exec('PRAGMA busy_timeout = 2')
const again = Array.from({ length: 5 }, () =>
  tried((start) => {
    for (;;) {
      try {
        return database.exec('BEGIN IMMEDIATE')
      } catch (error) {
        if (performance.now() - start > timeout) throw error
      }
    }
  }),
)
console.log(`timeout 2, asked again and again: the lock after ${again.map((one) => one.ms).join(', ')} ms`)
await worker.terminate()
assert.equal(once.said, 'database is locked')
assert.ok(once.releases > 20)
assert.ok(again.every((one) => one.said === 'locked it'))
JS
node_modules/.bin/node see.mjs
