#!/usr/bin/env bash
# PostgreSQL 15: a query that reads ten keys of a large jsonb reads and unpacks each document ten times.
#
# Expected: a row's document is fetched once; beside the unpacking of a large value a second key of it is next to nothing, as jsonb is made for
#           reading single keys.
# Happens:  a value of more than about 2 kB lies packed in a table of its own (TOAST), and each `->>` in a row fetches and unpacks it for itself:
#           nothing is kept between two operators on the same column. jsonb_to_record() in FROM does it once for all keys.
# Seen:     long documents, 1 key:                          1910 blocks read, 6.6 ms
#           long documents, 10 keys:                        10.0 times the blocks, 11.5 times the time
#           long documents, 10 keys by jsonb_to_record():   1.0 times the blocks, 1.6 times the time
#           short documents, 10 keys:                       1.0 times the blocks, 3.1 times the time
# Matters:  each column that a report adds from the same document costs as much as the first, and a WHERE beside it once more. It shows on long
#           documents alone, so not with the data of tests.
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

setTimeout(() => process.exit(1), 90_000).unref()
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
// One process answers, and no page is pruned or frozen between two measurements.
await client.query('SET max_parallel_workers_per_gather = 0')
for (const [table, keys] of Object.entries({ short: 20, long: 3000 })) {
  await client.query(`CREATE TABLE ${table} AS SELECT id,
    (SELECT jsonb_object_agg('k' || key, md5((key * id)::text)) FROM generate_series(1, ${keys}) key) AS document FROM generate_series(1, 100) id`)
  await client.query(`VACUUM (FREEZE, ANALYZE) ${table}`)
}

const names = Array.from({ length: 10 }, (_, nth) => `k${nth + 1}`)
const read = (table, keys) => `SELECT ${keys.map((key) => `document->>'${key}'`)} FROM ${table}`
const record = `SELECT ${names} FROM long, jsonb_to_record(document) AS it(${names.map((name) => `${name} text`)})`
/** Blocks, and the shortest time of some runs. */
const cost = async (query) => {
  const runs = []
  for (let nth = 0; nth < 6; nth += 1) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${query}`)
    const [{ Plan, 'Execution Time': ms }] = rows[0]['QUERY PLAN']
    runs.push({ blocks: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'], ms })
  }
  return { blocks: runs.at(-1).blocks, ms: Math.min(...runs.map((run) => run.ms)) }
}
const one = await cost(read('long', ['k1']))
console.log(`${'long documents, 1 key:'.padEnd(47)} ${one.blocks} blocks read, ${one.ms.toFixed(1)} ms`)
const look = async (title, query, base) => {
  const { blocks, ms } = await cost(query)
  const [more, longer] = [blocks / base.blocks, ms / base.ms]
  console.log(`${`${title}:`.padEnd(47)} ${more.toFixed(1)} times the blocks, ${longer.toFixed(1)} times the time`)
  return { more, longer }
}
const ten = await look('long documents, 10 keys', read('long', names), one)
const together = await look('long documents, 10 keys by jsonb_to_record()', record, one)
const short = await look('short documents, 10 keys', read('short', names), await cost(read('short', ['k1'])))
assert.ok(ten.more > 9 && ten.longer > 5)
assert.ok(together.more < 2 && together.longer < ten.longer)
assert.ok(short.more < 2)
await client.end()
JS
node see.mjs
