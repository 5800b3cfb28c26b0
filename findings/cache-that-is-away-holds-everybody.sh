#!/usr/bin/env bash
# @keyv/redis 5.1.6 with Redis 7: while Redis is away, each look into the cache waits until it is back.
#
# Expected: a cache that cannot be reached is a cache that has nothing: keyv says by its event `error` what is wrong, and get() is undefined, so that the
#           service asks its source. There is connectionTimeout, too.
# Happens:  the calls stand in the queue of node-redis, which sends them when the connection is there again, and has no end of its own. The event
#           `error` comes for each try to connect. connectionTimeout is for the connection of the start. When Redis is back, get() is undefined.
# Seen:     get() of a key that is there, then Redis is ended; started again after three seconds:
#           @keyv/redis as it comes:         waits for three seconds and more
#           with connectionTimeout: 500:     waits for three seconds and more
#           with disableOfflineQueue: true:  undefined at once, an event `error`
# Matters:  a service that could do without its cache stands still with it, each request with a connection and memory, and the checks of its health too,
#           if they read by it. Tests with a cache in memory, and those that end Redis for a moment, show nothing. Give the adapter
#           { url, disableOfflineQueue: true }, by which a miss is a miss.
# Needs redis-server on the PATH.
set -euo pipefail
command -v redis-server >/dev/null || {
  echo 'redis-server is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 @keyv/redis@5.1.6

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import KeyvRedis, { Keyv } from '@keyv/redis'

console.log(`@keyv/redis 5.1.6, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const free = createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
await new Promise((closed) => free.close(closed))
let redis
const start = () => {
  redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
}
const end = (code) => {
  redis.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 90_000).unref()

const url = `redis://127.0.0.1:${port}`
const see = async (...options) => {
  start()
  const keyv = new Keyv(new KeyvRedis(...options))
  let errors = 0
  keyv.on('error', () => (errors += 1))
  while (await keyv.set('key', 'value').then(() => keyv.get('key')).then((value) => value !== 'value', () => true)) await sleep(100)
  errors = 0
  redis.kill('SIGKILL')
  await once(redis, 'exit')
  while (errors === 0) await sleep(20)
  const call = keyv.get('key').then((value) => String(value), ({ message }) => message)
  const seen = await Promise.race([call, sleep(3000, 'waits for three seconds and more')])
  if (seen.startsWith('waits')) {
    start()
    assert.equal(await call, 'undefined')
    redis.kill('SIGKILL')
    await once(redis, 'exit')
  }
  return seen
}
try {
  for (const [title, options, expected] of [
    ['@keyv/redis as it comes', [url], 'waits for three seconds and more'],
    ['with connectionTimeout: 500', [url, { connectionTimeout: 500 }], 'waits for three seconds and more'],
    ['with disableOfflineQueue: true', [{ url, disableOfflineQueue: true }], 'undefined'],
  ]) {
    const seen = await see(...options)
    console.log(`${`${title}:`.padEnd(32)} ${seen}`)
    assert.equal(seen, expected)
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
