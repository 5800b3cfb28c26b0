#!/usr/bin/env bash
# Redis 7.0.15, asked through ioredis 6.0.0: a user without the right to a command is told its name, except from inside a script.
#
# Expected: NOPERM names the command that the user may not run, wherever it is run; a script that is refused names at least the same.
# Happens:  outside of a script the name is in the error. Inside, by redis.call, the error says "this command or subcommand" and holds
#           only the script's line. `ACL DRYRUN user EVAL …` says OK, since it looks at EVAL and not at what the script calls.
# Seen:     alone:  NOPERM this user has no permissions to run the 'time' command
#           inside: ERR The user executing the script can't run this command or subcommand script: SHA, on @user_script:1.
#           dry:    "OK"
# Matters:  a service whose every call is a script passes `ACL DRYRUN` and PING, then fails at its first call without saying which right it
#           lacks. To learn it, run the commands of the script one by one by redis.pcall at the start.
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
import { join } from 'node:path'
import { Redis } from 'ioredis'

console.log(`ioredis 6.0.0, node ${process.version}, ${execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' sha')[0]}`)
const path = join(process.cwd(), 's')
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', process.cwd()], { stdio: 'ignore' })
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()
const said = (promise) =>
  promise.then(
    (answer) => JSON.stringify(answer),
    (error) => error.message,
  )
try {
  const admin = new Redis({ path, retryStrategy: () => 50 })
  admin.on('error', () => {})
  await admin.acl('SETUSER', 'service', 'on', '>secret', '~*', '+@all', '-time')
  const service = new Redis({ path, username: 'service', password: 'secret' })
  const script = "return redis.call('TIME')"
  const alone = await said(service.time())
  const inside = await said(service.eval(script, 0))
  const dry = await said(admin.acl('DRYRUN', 'service', 'EVAL', script, '0'))
  const tried = await said(service.eval("local it = redis.pcall('TIME') return it.err", 0))
  for (const [name, text] of Object.entries({ alone, inside, dry, tried })) console.log(`${name}: ${text}`)
  assert.match(alone, /NOPERM.*'time'/)
  assert.match(inside, /this command or subcommand/)
  assert.doesNotMatch(inside, /time/i)
  assert.equal(dry, '"OK"')
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
