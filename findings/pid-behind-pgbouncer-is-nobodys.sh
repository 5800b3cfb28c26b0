#!/usr/bin/env bash
# pg 8.23.1 and PgBouncer 1.18: the process id that the client was promised is never that of its session, and a time limit given in pg's options
# keeps the client out, while the same limit set by a command is let in.
#
# Expected: `client.processID` equals `SELECT pg_backend_pid()`, at least where each client has a server connection of its own
#           (pool_mode=session); `statement_timeout` in pg's options is one of two ways to say `SET statement_timeout`.
# Happens:  the pooler makes up a process id of its own for cancel requests, in session mode too, so comparing the two says "pooler", not
#           "shared". And pg sends statement_timeout as a start-up parameter, which the pooler refuses as unsupported.
# Seen:     directly: same process id: true; statement_timeout in the options: 5s
#           pooler:   same process id: false; statement_timeout in the options: unsupported startup parameter: statement_timeout
#                     set by a command: 5s
# Matters:  a check for "do I own this session?" by process id refuses every pooler; whether sessions are shared shows only beside a second
#           connection that holds a transaction. Limits that must also hold behind a pooler are set by a command.
# Needs PostgreSQL and PgBouncer (Debian: postgresql, pgbouncer).
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1 || true)
if [ -z "$bin" ] || ! command -v pgbouncer >/dev/null; then
  echo 'PostgreSQL or PgBouncer is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  # Neither server runs as root.
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
end() {
  [ -z "${pooler:-}" ] || kill "$pooler" 2>/dev/null || true
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" pg@8.23.1
mkdir data run
cat >run/pgbouncer.ini <<INI
[databases]
postgres = host=$folder/run port=5432
[pgbouncer]
listen_addr =
unix_socket_dir = $folder/run
unix_socket_mode = 0777
listen_port = 6432
auth_type = any
pool_mode = session
INI
sed -i 's/^postgres = .*/& user=postgres/' run/pgbouncer.ini
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R postgres data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null
"${as[@]}" pgbouncer -q "$folder/run/pgbouncer.ini" >"$folder/run/pooler.log" 2>&1 &
pooler=$!

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

setTimeout(() => process.exit(1), 30_000).unref()
const host = `${process.cwd()}/run`
console.log(`pg 8.23.1, node ${process.version}, ${execFileSync('pgbouncer', ['--version'], { encoding: 'utf8' }).split('\n')[0]}`)
const connect = async (port, more = {}) => {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres', ...more })
  await client.connect()
  return client
}
const value = async (client, sql) => Object.values((await client.query(sql)).rows[0])[0]
const limit = (port) =>
  connect(port, { statement_timeout: 5_000 }).then(
    async (client) => {
      const answer = await value(client, 'SHOW statement_timeout')
      await client.end()
      return answer
    },
    (error) => error.message,
  )
const see = async (name, port) => {
  const client = await connect(port)
  const same = client.processID === (await value(client, 'SELECT pg_backend_pid()'))
  await client.query('SET statement_timeout = 5000')
  const set = await value(client, 'SHOW statement_timeout')
  await client.end()
  const given = await limit(port)
  console.log(`${name}: same process id: ${same}; statement_timeout in the options: ${given}; set by a command: ${set}`)
  return { same, given, set }
}
for (let tries = 0; tries < 50; tries += 1) {
  const client = await connect(6432).catch(() => sleep(100))
  if (client) {
    await client.end()
    break
  }
}
assert.deepEqual(await see('directly', 5432), { same: true, given: '5s', set: '5s' })
assert.deepEqual(await see('pooler', 6432), { same: false, given: 'unsupported startup parameter: statement_timeout', set: '5s' })
JS
node see.mjs
