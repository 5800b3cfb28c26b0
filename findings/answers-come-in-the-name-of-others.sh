#!/usr/bin/env bash
# undici 8.13.1 and the fetch of Node 26.10.0: what an interceptor or a channel of diagnostics sees of an answer bears the AsyncLocalStorage of
# another request.
#
# Expected: what is called on behalf of a request runs in its context, so that a log line in an interceptor, or in a subscriber of
#           undici:request:headers, has the id of the request that is being served.
# Happens:  the answer is handled in the context in which its connection was opened. The first request on a connection is right, and all later
#           ones on it are told in its name. What was begun while another answer was read off is in that one's name from the start. What
#           is awaited (await fetch) is in the right context throughout.
# Seen:     three requests one after the other, each in a context with its own name:
#           request to /one:    interceptor sends as one, has the answer as one; channel has the headers as one; caller goes on as one
#           request to /two:    interceptor sends as two, has the answer as one; channel has the headers as one; caller goes on as two
#           request to /three:  interceptor sends as three, has the answer as one; channel has the headers as one; caller goes on as three
#           Node's fetch, channel: /one as one, /two as one, /three as one
# Matters:  ids of requests, tenants and persons in logs, metrics and audit are plausible and false, and only under keep-alive: a test with one
#           request per connection is right. In an interceptor take the store when the request is dispatched, and hand it on.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`undici 8.13.1, node ${process.version}`)
const server = createServer((_request, response) => response.end('done')).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${server.address().port}`

const names = new AsyncLocalStorage()
const seen = {}
const note = (path, key) => {
  seen[path] = { ...seen[path], [key]: names.getStore() }
}
subscribe('undici:request:headers', ({ request: { path } }) => note(path, 'channel'))
const noting = (dispatch) => (options, handler) => {
  note(options.path, 'sends')
  const noted = Object.create(handler)
  noted.onResponseStart = (...start) => {
    note(options.path, 'answer')
    return handler.onResponseStart(...start)
  }
  return dispatch(options, noted)
}
const dispatcher = new Agent({ connections: 1 }).compose(noting)

for (const name of ['one', 'two', 'three']) {
  const path = `/${name}`
  await names.run(name, async () => {
    const { body } = await request(`${origin}${path}`, { dispatcher })
    await body.dump()
    note(path, 'caller')
  })
  const { sends, answer, channel, caller } = seen[path]
  const told = `interceptor sends as ${sends}, has the answer as ${answer}; channel has the headers as ${channel}; caller goes on as ${caller}`
  console.log(`${`request to ${path}:`.padEnd(19)} ${told}`)
  assert.deepEqual([sends, answer, channel, caller], [name, 'one', 'one', name])
}

const channels = []
for (const name of ['one', 'two', 'three']) {
  await names.run(name, async () => (await fetch(`${origin}/fetch/${name}`)).text())
  channels.push(seen[`/fetch/${name}`].channel)
  // By then the connection is free again.
  await sleep(50)
}
console.log(`Node's fetch, channel: ${channels.map((channel, nth) => `/${['one', 'two', 'three'][nth]} as ${channel}`).join(', ')}`)
assert.deepEqual(channels, ['one', 'one', 'one'])
process.exit(0)
JS
node_modules/.bin/node see.mjs
