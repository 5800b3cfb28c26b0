#!/usr/bin/env bash
# ioredis 6.0.0 with Redis 7.0.15: with `enableAutoPipelining` what is called later may reach Redis first, and the older value stays.
#
# Expected: calls on one client reach Redis in the order of the calls, which is why one may write twice without waiting in between. The documents
#           say of the option that no other change to the code is necessary.
# Happens:  with the option single commands (set, get, eval, call …) are kept until the end of the turn of the event loop, to be sent together.
#           What a program puts together itself, multi() and pipeline(), is sent at once, and so passes by all that were called before it.
# Seen:     set('state', 'older'), then 'newer' in another way, neither awaited before the other; in Redis there is, in the end:
#                                    as it comes    enableAutoPipelining
#           set('state', 'newer')    newer          newer
#           call('SET', …)           newer          newer
#           eval('…SET…')            newer          newer
#           multi().set().exec()     newer          older
#           pipeline().set().exec()  newer          older
#           a MULTI that reads       older          nothing
# Matters:  the option is switched on for speed, late, and in one place. Each command is right and each promise is kept, only the state is an old one,
#           and so is what a MULTI read of it. It shows only where somebody relied on the order of calls. Await what must come before.
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
import { Redis } from 'ioredis'

console.log(`ioredis 6.0.0, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const path = `${process.cwd()}/socket`
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()
const connect = async (options) => {
  const redis = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null, ...options })
  redis.on('error', () => {})
  await redis.ping()
  return redis
}

try {
  const plain = await connect({})
  const automatic = await connect({ enableAutoPipelining: true })
  const line = (title, told) => console.log(`${title.padEnd(24)} ${told[0].padEnd(14)} ${told[1]}`)
  line('', ['as it comes', 'enableAutoPipelining'])
  for (const [title, write, expected] of [
    ["set('state', 'newer')", (redis) => redis.set('state', 'newer'), 'newer'],
    ["call('SET', …)", (redis) => redis.call('SET', 'state', 'newer'), 'newer'],
    ["eval('…SET…')", (redis) => redis.eval("redis.call('SET', KEYS[1], 'newer')", 1, 'state'), 'newer'],
    ['multi().set().exec()', (redis) => redis.multi().set('state', 'newer').exec(), 'older'],
    ['pipeline().set().exec()', (redis) => redis.pipeline().set('state', 'newer').exec(), 'older'],
  ]) {
    const told = []
    for (const redis of [plain, automatic]) {
      await plain.flushall()
      await Promise.all([redis.set('state', 'older'), write(redis)])
      told.push(await plain.get('state'))
    }
    line(title, told)
    assert.deepEqual(told, ['newer', expected])
  }
  const read = []
  for (const redis of [plain, automatic]) {
    await plain.flushall()
    const [, answers] = await Promise.all([redis.set('state', 'older'), redis.multi().get('state').exec()])
    read.push(answers[0][1] ?? 'nothing')
  }
  line('a MULTI that reads', read)
  assert.deepEqual(read, ['older', 'nothing'])
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
