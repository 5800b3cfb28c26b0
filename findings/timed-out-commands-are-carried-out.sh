#!/usr/bin/env bash
# ioredis 6.0.0 and redis 6.3.1 (node-redis) with Redis 7: a command that "timed out" in ioredis is carried out later, and one of node-redis that has been
# sent does not time out.
#
# Expected: a time limit for commands ends each call that is not answered in time. One that was not sent by then is not sent any more.
# Happens:  commandTimeout of ioredis fails the promise and leaves the command in its queue, so it is sent when Redis is back, however long that takes.
#           timeout of node-redis takes the command out of the queue, and stops to count when it is written to the connection: of a Redis that
#           takes bytes and does not answer the call waits for ever, abortSignal or not.
# Seen:     a limit of 300 ms, an INCR of 0:
#           ioredis, Redis away:              Command timed out; 1 when Redis is back
#           redis, Redis away:                TimeoutError; 0 when Redis is back
#           ioredis, Redis does not answer:   Command timed out
#           redis, Redis does not answer:     waits (given up after three seconds)
#           redis, an abortSignal of 300 ms:  waits (given up after three seconds)
# Matters:  "please try again" is what one answers to a timeout, so with ioredis a charge, a job or a count is there twice after a short outage. With
#           node-redis a paused container or a cut network stops each request that asks Redis, under a limit that tests by a stopped
#           Redis show to work. maxRetriesPerRequest 0 or enableOfflineQueue false for the one, socketTimeout for the other.
# Needs redis-server on the PATH.
set -euo pipefail
command -v redis-server >/dev/null || {
  echo 'redis-server is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ioredis@6.0.0 redis@6.3.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

console.log(`ioredis 6.0.0, redis 6.3.1, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const path = `${process.cwd()}/socket`
let server
const start = () => {
  server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
}
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()
start()

const LIMIT = 300
const first = new Redis({ path, commandTimeout: LIMIT, retryStrategy: () => 50, maxRetriesPerRequest: null })
first.on('error', () => {})
const second = createClient({ socket: { path, reconnectStrategy: () => 50 }, commandOptions: { timeout: LIMIT } }).on('error', () => {})
const connected = second.connect()
const plain = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null })
plain.on('error', () => {})

/** How a call ends; one that goes on is looked at no more. */
const failure = ({ constructor: { name }, message }) => (name === 'Error' ? message : name)
const told = (call) => Promise.race([call.then(() => 'done', failure), sleep(3000, 'waits')])
const line = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(34)} ${seen}`)
  assert.equal(seen, expected)
}
try {
  while ((await first.ping().catch(() => sleep(100))) !== 'PONG');
  await connected
  await plain.ping()

  server.kill('SIGKILL')
  await once(server, 'exit')
  const [one, two] = await Promise.all([told(first.incr('one')), told(second.incr('two'))])
  start()
  await plain.ping()
  // Both are connected again, and what they had kept has been sent.
  while ((await first.ping().catch(() => sleep(100))) !== 'PONG');
  while ((await second.ping().catch(() => sleep(100))) !== 'PONG');
  line('ioredis, Redis away', `${one}; ${Number(await plain.get('one'))} when Redis is back`, 'Command timed out; 1 when Redis is back')
  line('redis, Redis away', `${two}; ${Number(await plain.get('two'))} when Redis is back`, 'TimeoutError; 0 when Redis is back')

  server.kill('SIGSTOP')
  const signal = AbortSignal.timeout(LIMIT)
  const calls = [first.incr('three'), second.incr('four'), second.withAbortSignal(signal).incr('five')]
  const [three, four, five] = await Promise.all(calls.map(told))
  assert.ok(signal.aborted)
  line('ioredis, Redis does not answer', three, 'Command timed out')
  line('redis, Redis does not answer', four, 'waits')
  line('redis, an abortSignal of 300 ms', five, 'waits')
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
