#!/usr/bin/env bash
# ioredis 6.0.0: a password that is changed in a client's options is used for the next connection to a single server, never to a Cluster.
#
# Expected: `client.options` of a Cluster holds `redisOptions`, so a new password put there is used as one put into `client.options.password`
#           of a single server is: at the next connection.
# Happens:  the single server's client reads its options anew for each connection. The Cluster's hands a copy of `redisOptions` to its pool
#           of connections once, in its constructor, and never looks at its own options again.
# Seen:     single server: after the change and a lost connection: PONG
#           cluster:       after the change and a lost connection: WRONGPASS invalid username-password pair or user is disabled.
# Matters:  credentials that are rotated under a running program go well on every developer's single server and fail on the Cluster of
#           production, at the first connection that has to be made anew, maybe days later. Replace the Cluster's client.
# Needs redis-server 7 on the PATH.
set -euo pipefail
command -v redis-server >/dev/null || {
  echo 'redis-server is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ioredis@6.0.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'

console.log(`ioredis 6.0.0, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
// Below 55536, so that the port of the cluster's own bus, 10000 above, is one as well.
const freePort = async () => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)))
    if (free) return new Promise((resolve) => server.close(() => resolve(port)))
  }
}
const servers = []
setTimeout(() => end(1), 60_000).unref()
const end = (code) => {
  for (const server of servers) server.kill('SIGKILL')
  process.exit(code)
}
const startServer = async (more) => {
  const port = await freePort()
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', 'first', '--dir', process.cwd(), ...more]
  servers.push(spawn('redis-server', args.map(String), { stdio: 'ignore' }))
  const admin = new Redis({ host: '127.0.0.1', port, password: 'first', retryStrategy: () => 50 })
  admin.on('error', () => {})
  await admin.ping()
  return { port, admin }
}
/** The server takes the new password alone, and the client's connection is gone. */
const rotate = async (admin) => {
  await admin.config('SET', 'requirepass', 'second')
  await admin.client('KILL', 'SKIPME', 'yes', 'TYPE', 'normal')
}
const outcome = async (client) => {
  const until = performance.now() + 5_000
  let last = 'no connection'
  client.on('error', (error) => (last = (error.lastNodeError ?? error).message))
  while (performance.now() < until) {
    const answer = await Promise.race([client.ping().catch((error) => (last = error.message)), sleep(500)])
    if (answer === 'PONG') return answer
    await sleep(100)
  }
  return last
}
const options = { maxRetriesPerRequest: 1, commandTimeout: 500 }

try {
  const one = await startServer([])
  const single = new Redis({ ...options, host: '127.0.0.1', port: one.port, password: 'first' })
  single.on('error', () => {})
  assert.equal(await single.ping(), 'PONG')
  single.options.password = 'second'
  await rotate(one.admin)
  const afterSingle = await outcome(single)
  console.log(`single server: after the change and a lost connection: ${afterSingle}`)

  const node = await startServer(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  await node.admin.cluster('ADDSLOTSRANGE', 0, 16383)
  while (!(await node.admin.cluster('INFO')).includes('cluster_state:ok')) await sleep(50)
  const cluster = new Cluster([{ host: '127.0.0.1', port: node.port }], { clusterRetryStrategy: () => 100, redisOptions: { ...options, password: 'first' } })
  cluster.on('error', () => {})
  assert.equal(await cluster.ping(), 'PONG')
  cluster.options.redisOptions.password = 'second'
  await rotate(node.admin)
  const afterCluster = await outcome(cluster)
  console.log(`cluster:       after the change and a lost connection: ${afterCluster}`)

  assert.equal(afterSingle, 'PONG')
  assert.match(afterCluster, /WRONGPASS/)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
