#!/usr/bin/env bash
# prom-client 15.1.3: the sum of all workers falls when one ends, and is not to be had while one of them is stopped.
#
# Expected: `AggregatorRegistry.clusterMetrics()` gives what Prometheus wants of a counter: a number that only rises, from whoever answers.
# Happens:  a worker that has ended takes its counters along, so the total falls; `rate()` takes that for a restart, and counts all that is
#           left once more. While one worker does not answer (stopped, or its event loop is blocked) the call fails after five seconds:
#           there are no figures at all, of the others neither.
# Seen:     two workers with 5 each: 10; after one has ended: 5
#           with one stopped: "Operation timed out."
# Matters:  each replaced worker is a burst in all rates, and one blocked worker makes a healthy host vanish from the dashboards. Keep the
#           counters of those that ended in the primary, and gather with a bound of one's own; `AggregatorRegistry.aggregate` is sound.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" prom-client@15.1.3

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { AggregatorRegistry, Counter } from 'prom-client'

const registry = new AggregatorRegistry()
if (cluster.isPrimary) {
  setTimeout(() => process.exit(1), 60_000).unref()
  console.log(`prom-client 15.1.3, node ${process.version}`)
  const workers = [cluster.fork(), cluster.fork()]
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const total = async () => Number(/^calls_total (\d+)$/m.exec(await registry.clusterMetrics())?.[1])

  const before = await total()
  workers[0].kill()
  await once(workers[0], 'exit')
  const after = await total()
  console.log(`two workers with 5 each: ${before}; after one has ended: ${after}`)
  assert.deepEqual([before, after], [10, 5])

  const other = cluster.fork()
  await once(other, 'message')
  other.process.kill('SIGSTOP')
  const failure = await registry.clusterMetrics().then(
    () => 'none',
    (error) => error.message,
  )
  console.log(`with one stopped: ${JSON.stringify(failure)}`)
  assert.match(failure, /timed out/)
  other.process.kill('SIGKILL')
  workers[1].kill()
} else {
  new Counter({ name: 'calls_total', help: 'Calls.' }).inc(5)
  process.send('ready')
}
JS
node see.mjs
