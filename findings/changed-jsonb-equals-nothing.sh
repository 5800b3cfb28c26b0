#!/usr/bin/env bash
# SQLite 3.53.4 in node:sqlite of Node 26.10.0: a JSONB document that was changed in place does not equal the same document, or what it was before.
#
# Expected: `=`, UNIQUE and GROUP BY compare JSONB documents, as those of PostgreSQL, where two that are written alike are equal; at the least,
#           a document is equal to jsonb() of its own text.
# Happens:  a JSONB is compared byte by byte, and jsonb_set() leaves other bytes than jsonb() makes: a text that comes from SQL is marked as
#           another kind of text, and a shorter value gets a longer header, to fill the room of the old one. The text of both is the same,
#           and jsonb() of a JSONB hands it back untidied. Documents that are made anew do compare, so the first tests pass.
# Seen:                                                  same text    equal
#           made anew, with other blanks                 yes          yes
#           jsonb_set, a text for a text                 yes          no
#           jsonb_set, there and back                    yes          no
#           jsonb_set, 2 for 100                         yes          no
#           jsonb_set, 2 for 1                           yes          yes
#           that of 2 for 100, by jsonb(…)               yes          no
#           that of 2 for 100, by jsonb(json(…))         yes          yes
#           UPDATE … WHERE document = jsonb(what was read): 0 rows; UNIQUE lets it in twice, GROUP BY makes 2 groups of it
# Matters:  "write only if it is still what I read" never writes again once a row was changed in place, and what UNIQUE or DISTINCT was to keep
#           out comes in, without an error. Compare json(document), which is the same for both, or a version of one's own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`)
const database = new DatabaseSync(':memory:')
const yes = (flag) => (flag ? 'yes' : 'no')
const show = (...cells) => console.log(cells.map((cell, at) => cell.padEnd([44, 12, 0][at])).join(' '))

show('', 'same text', 'equal')
const shorter = `jsonb_set(jsonb('{"unread":100}'), '$.unread', 2)`
for (const [title, changed, text, equal] of [
  ['made anew, with other blanks', `jsonb('{ "state" : "open" }')`, '{"state":"open"}', true],
  ['jsonb_set, a text for a text', `jsonb_set(jsonb('{"state":"open"}'), '$.state', 'done')`, '{"state":"done"}', false],
  ['jsonb_set, there and back', `jsonb_set(jsonb_set(jsonb('{"state":"open"}'), '$.state', 'done'), '$.state', 'open')`, '{"state":"open"}', false],
  ['jsonb_set, 2 for 100', shorter, '{"unread":2}', false],
  ['jsonb_set, 2 for 1', `jsonb_set(jsonb('{"unread":1}'), '$.unread', 2)`, '{"unread":2}', true],
  ['that of 2 for 100, by jsonb(…)', `jsonb(${shorter})`, '{"unread":2}', false],
  ['that of 2 for 100, by jsonb(json(…))', `jsonb(json(${shorter}))`, '{"unread":2}', true],
]) {
  const row = database.prepare(`SELECT json(${changed}) = ? AS texts, ${changed} = jsonb(?) AS documents`).get(text, text)
  show(title, yes(row.texts), yes(row.documents))
  assert.deepEqual({ ...row }, { texts: 1, documents: Number(equal) })
}

database.exec(`CREATE TABLE ticket (document BLOB UNIQUE);
  INSERT INTO ticket VALUES (jsonb('{"state":"open"}'));
  UPDATE ticket SET document = jsonb_set(document, '$.state', 'done')`)
const { read } = database.prepare('SELECT json(document) AS read FROM ticket').get()
const { changes } = database.prepare(`UPDATE ticket SET document = jsonb('{"state":"filed"}') WHERE document = jsonb(?)`).run(read)
database.prepare('INSERT INTO ticket VALUES (jsonb(?))').run(read)
const { rows } = database.prepare('SELECT count(*) AS rows FROM ticket WHERE json(document) = ?').get(read)
const groups = database.prepare('SELECT count(*) FROM ticket GROUP BY document').all().length
console.log(`UPDATE … WHERE document = jsonb(what was read): ${changes} rows; UNIQUE lets it in ${rows === 2 ? 'twice' : 'once'}, GROUP BY makes ${groups} groups of it`)
assert.deepEqual([changes, rows, groups], [0, 2, 2])
JS
node_modules/.bin/node see.mjs
