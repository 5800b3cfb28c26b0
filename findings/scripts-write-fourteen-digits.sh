#!/usr/bin/env bash
# Redis 7.0.15, asked through ioredis 6.0.0: a script that sets one field of a JSON text changes the long numbers in the others.
#
# Expected: a number in a script is a double, exact up to 9007199254740991, sixteen digits, as in JavaScript. So a text that is decoded and
#           encoded again keeps a time in microseconds or a long id; where digits are lost, it is the seventeenth.
# Happens:  the number is exact, and what writes it differs: as an argument of redis.call() and as the script's answer it has all digits,
#           but `..`, tostring() and cjson.encode() write fourteen, the rest in the exponent. cjson cannot be told otherwise:
#           encode_number_precision() takes 1 to 14. The documents of scripting tell of integers that are cut at the point, and not of this.
# Seen:     a script sets "state" of {"id":1764405000123456,"state":"new"}
#           stored:                        {"id":1.7644050001235e+15,"state":"paid"}, which is the id 1764405000123500
#           as an argument:                1764405000123456
#           as the answer:                 1764405000123456
#           "order:" .. number:            order:1.7644050001235e+15
#           string.format("%.0f", number): 1764405000123456
# Matters:  it is no error and valid JSON. Times in milliseconds have thirteen digits and pass all tests; those in microseconds, which TIME
#           gives, and long ids become those of a neighbour, and up to a hundred keys or members become one. Keep such numbers as texts.
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
const redis = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null })
redis.on('error', () => {})

try {
  const id = 1764405000123456
  assert.ok(Number.isSafeInteger(id))
  await redis.set('order', JSON.stringify({ id, state: 'new' }))
  await redis.eval(
    `local order = cjson.decode(redis.call('GET', KEYS[1]))
    order.state = ARGV[1]
    redis.call('SET', KEYS[1], cjson.encode(order))`,
    1,
    'order',
    'paid',
  )
  const stored = await redis.get('order')
  const seen = {
    'as an argument': await redis.eval(`redis.call('SET', KEYS[1], tonumber(ARGV[1])) return redis.call('GET', KEYS[1])`, 1, 'id', id),
    'as the answer': await redis.eval('return tonumber(ARGV[1])', 0, id),
    '"order:" .. number': await redis.eval(`return 'order:' .. tonumber(ARGV[1])`, 0, id),
    'string.format("%.0f", number)': await redis.eval(`return string.format('%.0f', tonumber(ARGV[1]))`, 0, id),
  }
  console.log(`${'stored:'.padEnd(30)} ${stored}, which is the id ${JSON.parse(stored).id}`)
  for (const [name, text] of Object.entries(seen)) console.log(`${`${name}:`.padEnd(30)} ${text}`)

  assert.deepEqual(JSON.parse(stored), { id: 1764405000123500, state: 'paid' })
  assert.deepEqual(Object.values(seen), [String(id), id, 'order:1.7644050001235e+15', String(id)])
  await assert.rejects(redis.eval('return cjson.encode_number_precision(16)', 0), /between 1 and 14/)
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
