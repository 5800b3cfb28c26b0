#!/usr/bin/env bash
# sunshine-conversations-client 14.1.0 (the vendor's own client): of a page with a size and a cursor only the key that was set first is sent.
#
# Expected: `page: { size: 100, after: cursor }` asks for the hundred records after the cursor; both keys are properties of the client's own model
#           Page, and the service takes both.
# Happens:  the client writes page and filter as page[key]=value for the first key of the object alone, in the order in which they were set. The
#           others are dropped without an error. With the size first the cursor is lost, the first page comes again, and it says each time that there
#           are more.
# Seen:     a service with 250 conversations, and what is sent after the first page of 100:
#           { size, after }:                page[size]=100, the first page again
#           Page, size set first:           page[size]=100, the first page again
#           { after, size }:                page[after]=100, the next page, of 25
#           superagent with both keys:      page[size]=100&page[after]=100, the next page, of 100
# Matters:  a loop over all pages never ends, fills its list with the same hundred records over and over, and is stopped by the vendor's limit of calls;
#           with the keys the other way round it works, in pages of the service's own size. Leave the size out, or send the two keys in a call
#           of one's own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" sunshine-conversations-client@14.1.0 superagent@5.3.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import superagent from 'superagent'
import client from 'sunshine-conversations-client'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`sunshine-conversations-client 14.1.0, node ${process.version}`)
const all = Array.from({ length: 250 }, (_, nth) => ({ id: String(nth + 1) }))
const asked = []
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost')
  const first = Number(searchParams.get('page[after]') ?? 0)
  const conversations = all.slice(first, first + Number(searchParams.get('page[size]') ?? 25))
  searchParams.delete('filter[userId]')
  asked.push(decodeURIComponent(searchParams))
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ conversations, meta: { hasMore: true, afterCursor: conversations.at(-1).id } }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const basePath = `http://127.0.0.1:${server.address().port}`

const api = new client.ApiClient()
api.basePath = basePath
Object.assign(api.authentications.basicAuth, { username: 'app_1', password: 'secret' })
const list = (page) => new client.ConversationsApi(api).listConversations('5f0c', { userId: 'mina' }, { page })

const { meta } = await list({ size: 100 })
assert.equal(meta.afterCursor, '100')
const model = new client.Page()
model.size = 100
model.after = meta.afterCursor
const direct = async () => {
  const query = { 'filter[userId]': 'mina', 'page[size]': 100, 'page[after]': meta.afterCursor }
  return (await superagent.get(`${basePath}/v2/apps/5f0c/conversations`).query(query)).body
}
for (const [title, ask, expected] of [
  ['{ size, after }', () => list({ size: 100, after: meta.afterCursor }), 'page[size]=100, the first page again'],
  ['Page, size set first', () => list(model), 'page[size]=100, the first page again'],
  ['{ after, size }', () => list({ after: meta.afterCursor, size: 100 }), 'page[after]=100, the next page, of 25'],
  ['superagent with both keys', direct, 'page[size]=100&page[after]=100, the next page, of 100'],
]) {
  const { conversations } = await ask()
  const told = `${asked.at(-1)}, ${conversations[0].id === '1' ? 'the first page again' : `the next page, of ${conversations.length}`}`
  console.log(`${`${title}:`.padEnd(31)} ${told}`)
  assert.equal(told, expected)
}
server.close()
JS
node see.mjs
