#!/usr/bin/env bash
# @tanstack/query-core 5.108.4: after a change during the first load of a query, invalidateQueries() keeps the old value and calls it fresh.
#
# Expected: invalidateQueries() after a change makes the query load again, and a load that is under way is given up for it: `cancelRefetch` is true
#           by default. Afterwards the new value is there.
# Happens:  a load is given up only if the query has a value already. During the first load the call joins that load, which the service answered
#           from before the change; the mark "invalid" is taken off when it ends, so that the old value is fresh for all of staleTime.
#           cancelQueries() before it helps.
# Seen:     the service has read `old`; the value becomes `new`, invalidateQueries() is awaited, then the load is over:
#           during the first load:                     old, fresh, 1 call
#           during a later load:                       new, fresh, 2 calls
#           first load, cancelQueries() before it:     new, fresh, 2 calls
# Matters:  it is what happens when somebody clicks before the page is filled, or an event from the server comes meanwhile: on a slow line, that is
#           the common case. The user does not see what they have done, does it again, and nothing asks until the window has the focus. Tests
#           load first and change then. All adapters (React, Vue, Solid, Svelte) are built on this class.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @tanstack/query-core@5.108.4

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { QueryClient, QueryObserver } from '@tanstack/query-core'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`@tanstack/query-core 5.108.4, node ${process.version}`)
for (const [title, expected, filled, cancel] of [
  ['during the first load', 'old, fresh, 1 call', false, false],
  ['during a later load', 'new, fresh, 2 calls', true, false],
  ['first load, cancelQueries() before it', 'new, fresh, 2 calls', false, true],
]) {
  const client = new QueryClient()
  let value = 'old'
  let calls = 0
  const loads = []
  const queryFn = () => {
    calls += 1
    // The service has read the value, and its answer is on the way until it is let go.
    const read = value
    return new Promise((resolve) => loads.push(() => resolve(read)))
  }
  const letGo = async () => {
    await sleep(20)
    for (const load of loads.splice(0)) load()
    await sleep(20)
  }
  const queryKey = ['me']
  const observer = new QueryObserver(client, { queryKey, queryFn, staleTime: 60_000 })
  const stop = observer.subscribe(() => {})
  if (filled) {
    await letGo()
    calls = 0
    client.refetchQueries({ queryKey })
  }
  value = 'new'
  if (cancel) await client.cancelQueries({ queryKey })
  const invalidated = client.invalidateQueries({ queryKey })
  await letGo()
  await invalidated
  const { data, isStale } = observer.getCurrentResult()
  const seen = `${data}, ${isStale ? 'stale' : 'fresh'}, ${calls} call${calls === 1 ? '' : 's'}`
  console.log(`${`${title}:`.padEnd(42)} ${seen}`)
  assert.equal(seen, expected)
  stop()
  client.clear()
}
JS
node see.mjs
