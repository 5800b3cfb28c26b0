#!/usr/bin/env bash
# cockatiel 4.0.0: a call that waits in a bulkhead's queue loses its turn to one that has just come, and cannot be taken back.
#
# Expected: a queue: who waits gets the place that becomes free; whose signal aborts leaves the queue and is told so.
# Happens:  when a place becomes free, the waiting call is started a moment later (in a microtask). A call that comes in between takes the
#           place, and the one that waited joins the end of the queue again, or is rejected when the queue has filled meanwhile. The
#           signal of a waiting call is looked at only when its turn comes: until then its promise stays pending and its place is taken.
# Seen:     order with a call that comes at the moment of release: late, waiting
#           an aborted call after 300 ms: pending, queue full: true
# Matters:  under steady load the calls that waited longest are passed by, and callers who have gone away keep the queue full for those who
#           are still there. Bound the waiting by a timer of one's own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" cockatiel@4.0.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { bulkhead } from 'cockatiel'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`cockatiel 4.0.0, node ${process.version}`)

{
  const policy = bulkhead(1, 1)
  const order = []
  let release
  const first = policy.execute(() => new Promise((resolve) => (release = resolve)))
  const waiting = policy.execute(async () => order.push('waiting'))
  await sleep(10)
  const late = (async () => {
    release()
    // Its turn has come, and it has not begun.
    while (policy.executionSlots === 0) await null
    return policy.execute(async () => order.push('late'))
  })()
  await Promise.all([first, waiting, late])
  console.log(`order with a call that comes at the moment of release: ${order.join(', ')}`)
  assert.deepEqual(order, ['late', 'waiting'])
}
{
  const policy = bulkhead(1, 1)
  let release
  const first = policy.execute(() => new Promise((resolve) => (release = resolve)))
  const leaving = new AbortController()
  let state = 'pending'
  const aborted = policy
    .execute(async () => {}, leaving.signal)
    .then(
      () => (state = 'done'),
      (error) => (state = error.constructor.name),
    )
  leaving.abort()
  await sleep(300)
  const full = policy.queueSlots === 0
  console.log(`an aborted call after 300 ms: ${state}, queue full: ${full}`)
  assert.deepEqual([state, full], ['pending', true])
  release()
  await Promise.all([first, aborted])
}
JS
node see.mjs
