#!/usr/bin/env bash
# redis 6.3.1 (node-redis) with client-side caching: a session that has run out in Redis lives on in the program, the longer the more keys there are.
#
# Expected: Redis tells the client of each change to a key it has kept, and a time that has run out is one: with EX the key is gone, and so is
#           the copy.
# Happens:  the message goes out when Redis removes the key, not when its time is over. It removes a key when somebody asks for it, which nobody does any more, as
#           they have the copy; or when its search comes by, some two hundred keys a second. The copy knows nothing of the time of the key, and
#           `ttl: 0`, the default, keeps it without end.
# Seen:     a session with PX 300 that was read once; what get() says three seconds later:
#           other keys 0:                                  null
#           other keys 200,000:                            mina
#           the same, client without the cache:            null
#           the same, clientSideCache.ttl 1000:            null
# Matters:  sessions, one-time codes and locks are good for minutes or a quarter of an hour longer than they should be, in production alone, where there are
#           enough keys; revoking by DEL works, and so does each look at it from elsewhere, since that removes it. Set the ttl of the cache
#           below what may be late, or keep what expires out of it.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" redis@6.3.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'

console.log(`redis 6.3.1, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const path = `${process.cwd()}/socket`
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()

const connect = (options) => createClient({ socket: { path, reconnectStrategy: () => 50 }, ...options }).on('error', () => {}).connect()
const cached = (ttl) => connect({ clientSideCache: { ttl, maxEntries: 1000, evictPolicy: 'LRU' } })
try {
  const writer = await connect()
  const see = async (title, reader, expected) => {
    await writer.flushAll()
    const others = title === 'other keys 0' ? 0 : 200_000
    const fill = "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'other:' .. i, '1', 'EX', 3600) end"
    await writer.eval(fill, { arguments: [String(others)] })
    await writer.set('session', 'mina', { PX: 300 })
    assert.equal(await reader.get('session'), 'mina')
    await sleep(3000)
    const seen = String(await reader.get('session'))
    console.log(`${`${title}:`.padEnd(46)} ${seen}`)
    assert.equal(seen, expected)
  }
  const reader = await cached(0)
  await see('other keys 0', reader, 'null')
  await see('other keys 200,000', reader, 'mina')
  await see('the same, client without the cache', writer, 'null')
  await see('the same, clientSideCache.ttl 1000', await cached(1000), 'null')
} catch (error) {
  console.error(error)
  end(1)
}
end(0)
JS
node see.mjs
