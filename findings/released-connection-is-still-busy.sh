#!/usr/bin/env bash
# pg 8.23.1 with PostgreSQL 15: after one query that hit `query_timeout`, quick queries of others fail with the same error, one after another.
#
# Expected: whoever gave up on a slow query gives the connection back, and the pool hands it on when it is free, or drops it. `finally {
#           client.release() }` is what the documents show for transactions.
# Happens:  query_timeout ends the wait and not the query, so the server goes on with it, and release() without an error takes the connection for
#           free. The next caller's query stands behind the slow one, its time runs from then on, and it fails as well, without having
#           been sent; and so does the next. The pool opens no other connection, as this one is idle to it. pool.query() drops the
#           connection after any error, so it does not show there.
# Seen:     one query of 2 s, query_timeout 300, then ten queries of SELECT 1, one after the other:
#           connect(), finally release():        failed: slow, and 5 of the 10
#           the same with release(error):        failed: slow, and 0 of the 10
#           pool.query():                        failed: slow, and 0 of the 10
#           statement_timeout 300, release():    failed: slow, and 0 of the 10
# Matters:  one report that is too slow makes a whole service answer with timeouts for as long as it runs, and neither PostgreSQL's log nor its list
#           of slow queries has any of those who failed. Set statement_timeout, the shorter of the two, and release with the error.
# Needs PostgreSQL (Debian: postgresql).
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1 || true)
if [ -z "$bin" ]; then
  echo 'PostgreSQL is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  # The server does not run as root.
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
end() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" pg@8.23.1
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R postgres data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pg from 'pg'

setTimeout(() => process.exit(1), 60_000).unref()
const place = { host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres', max: 2 }

const borrowed = (releasing) => async (pool, sql) => {
  const client = await pool.connect()
  let failure
  try {
    return await client.query(sql)
  } catch (error) {
    failure = error
    throw error
  } finally {
    client.release(releasing(failure))
  }
}
const free = borrowed(() => undefined)
const told = borrowed((failure) => failure)

for (const [title, limit, ask, expected] of [
  ['connect(), finally release()', { query_timeout: 300 }, free, true],
  ['the same with release(error)', { query_timeout: 300 }, told, false],
  ['pool.query()', { query_timeout: 300 }, (pool, sql) => pool.query(sql), false],
  ['statement_timeout 300, release()', { statement_timeout: 300 }, free, false],
]) {
  const pool = new pg.Pool({ ...place, ...limit })
  pool.on('error', () => {})
  if (title === 'connect(), finally release()') {
    const { rows } = await pool.query('SHOW server_version')
    console.log(`pg 8.23.1, node ${process.version}, PostgreSQL ${rows[0].server_version}`)
  }
  await assert.rejects(ask(pool, 'SELECT pg_sleep(2)'), /Query read timeout|statement timeout/)
  let failed = 0
  for (let nth = 0; nth < 10; nth += 1) await ask(pool, 'SELECT 1').catch(() => (failed += 1))
  console.log(`${`${title}:`.padEnd(36)} failed: slow, and ${failed} of the 10`)
  assert.ok(expected ? failed >= 3 : failed === 0)
  await pool.end()
}
JS
node see.mjs
