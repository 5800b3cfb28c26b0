#!/usr/bin/env bash
# ioredis 6.0.0 and redis 6.3.1 (node-redis) with Redis 7.0.15: after a connection that broke, ioredis tells the holder of a lock that it was refused.
#
# Expected: when the connection breaks while an answer is awaited, the call fails, and the caller knows that it does not know. So does node-redis,
#           and so do SQL clients.
# Happens:  ioredis connects again and sends what was not answered once more (autoResendUnfulfilledCommands, true by default and meant for
#           commands that block), whatever the command is. If Redis had carried it out, it does so twice, and the answer is that of the
#           second time: for SET NX null, "somebody else has it". A MULTI is sent as a whole again. With the option off, the command is
#           dropped and its promise left as it is, for good; `maxRetriesPerRequest: 0` is what makes it fail.
# Seen:     the connection breaks after Redis has carried out each command and before its answer has come:
#           ioredis,  SET lock me NX PX 60000:  null, and in Redis the lock is held by: me
#           ioredis,  INCR (of 0):              2
#           ioredis,  MULTI, two INCR (of 0):   3 4
#           ioredis,  the option off, INCR:     neither answer nor error, though PING is answered again
#           ioredis,  no retries, INCR:         Reached the max retries per request limit (which is 0)
#           redis,    SET lock me NX PX 60000:  Socket closed unexpectedly, and in Redis the lock is held by: me
#           redis,    INCR:                     Socket closed unexpectedly
# Matters:  each failover or restart of a load balancer is such a break. The lock stands for its whole time with nobody who thinks to hold it, a job
#           enters a queue twice, a code that is good once is used up by its own first use. Write a token by SET and compare it with GET when
#           the answer is null; what may not be repeated needs a client with maxRetriesPerRequest 0.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" ioredis@6.0.0 redis@6.3.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

console.log(`ioredis 6.0.0, redis 6.3.1, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const path = `${process.cwd()}/socket`
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

let breaks = false
/** Hands bytes on; when told to, breaks the connection in place of the next answer. */
const between = createServer((client) => {
  const redis = connect(path)
  client.pipe(redis)
  redis.on('data', (answer) => {
    if (breaks) client.destroy()
    else client.write(answer)
    breaks = false
  })
  client.on('error', () => {}).on('close', () => redis.destroy())
  redis.on('error', () => {})
}).listen(0, '127.0.0.1')
await once(between, 'listening')
const at = { host: '127.0.0.1', port: between.address().port }

const plain = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null })
plain.on('error', () => {})
const broken = async (call) => {
  await plain.flushall()
  breaks = true
  return call().then(String, ({ message }) => message)
}
const held = async () => `, and in Redis the lock is held by: ${await plain.get('lock')}`
const line = (client, command, told, expected) => {
  console.log(`${`${client},`.padEnd(9)} ${`${command}:`.padEnd(26)} ${told}`)
  assert.equal(told, expected)
}

try {
  await plain.ping()
  const lock = 'SET lock me NX PX 60000'
  const resending = new Redis({ ...at, retryStrategy: () => 50 })
  resending.on('error', () => {})
  await resending.ping()
  const asked = await broken(() => resending.set('lock', 'me', 'PX', 60_000, 'NX'))
  line('ioredis', lock, asked + (await held()), 'null, and in Redis the lock is held by: me')
  line('ioredis', 'INCR (of 0)', await broken(() => resending.incr('count')), '2')
  const twice = () => resending.multi().incr('count').incr('count').exec().then((answers) => answers.map(([, count]) => count).join(' '))
  line('ioredis', 'MULTI, two INCR (of 0)', await broken(twice), '3 4')
  resending.disconnect()

  const failing = async (options) => {
    const redis = new Redis({ ...at, retryStrategy: () => 50, ...options })
    redis.on('error', () => {})
    await redis.ping()
    const asked = broken(() => redis.incr('count'))
    const told = await Promise.race([asked, sleep(1000, 'neither answer nor error')])
    const answers = await redis.ping().catch(() => '')
    redis.disconnect()
    return told.split('.')[0] + (told.startsWith('neither') && answers ? ', though PING is answered again' : '')
  }
  const dropped = 'neither answer nor error, though PING is answered again'
  line('ioredis', 'the option off, INCR', await failing({ autoResendUnfulfilledCommands: false }), dropped)
  line('ioredis', 'no retries, INCR', await failing({ maxRetriesPerRequest: 0 }), 'Reached the max retries per request limit (which is 0)')

  const other = await createClient({ socket: { ...at, reconnectStrategy: () => 50 } }).on('error', () => {}).connect()
  const closed = 'Socket closed unexpectedly'
  const told = await broken(() => other.set('lock', 'me', { condition: 'NX', expiration: { type: 'PX', value: 60_000 } }))
  line('redis', lock, told + (await held()), `${closed}, and in Redis the lock is held by: me`)
  await other.ping()
  line('redis', 'INCR', await broken(() => other.incr('count')), closed)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
