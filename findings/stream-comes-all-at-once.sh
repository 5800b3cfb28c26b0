#!/usr/bin/env bash
# hono 4.13.19 with @hono/node-server 2.1.9: with the middleware etag(), an event stream is held back to its end, and then has an ETag.
#
# Expected: an ETag is made of answers that are whole; a stream, of which nobody knows the end, goes through, as with express, where write()
#           means no ETag.
# Happens:  etag() reads a copy of every body of a 200 to its end before the headers are sent, to make the hash of it, whatever its
#           type is. It may be on `*`, for all routes. A stream that never ends is never sent, and all of it is kept in memory.
# Seen:     four events; the next one is sent when the reader has got the one before, or after 300 ms:
#           without etag():     reader follows, no ETag
#           with etag():        nothing before the fourth event, ETag
# Matters:  live pages stay empty behind a line that was added for the static files, and a large download needs its whole size in memory for each
#           reader, who sees nothing meanwhile. Streams in tests are short, and arrive. Put etag() on the routes of small answers.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" hono@4.13.19 @hono/node-server@2.1.9

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { streamSSE } from 'hono/streaming'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`hono 4.13.19, @hono/node-server 2.1.9, node ${process.version}`)
let sent
let got
const events = (context) =>
  streamSSE(context, async (stream) => {
    for (sent = 0; sent < 4; ) {
      sent += 1
      await stream.writeSSE({ data: String(sent) })
      // The reader has time for each event, and is waited for no longer than that.
      for (let nth = 0; nth < 30 && got < sent; nth += 1) await sleep(10)
    }
  })
const app = new Hono()
app.use('/tagged/*', etag())
app.get('/plain/events', events)
app.get('/tagged/events', events)
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await once(server, 'listening')

for (const [title, path, expected] of [
  ['without etag()', '/plain/events', 'reader follows, no ETag'],
  ['with etag()', '/tagged/events', 'nothing before the fourth event, ETag'],
]) {
  got = 0
  let first
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`)
  let text = ''
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    first ??= sent
    text += part
    got = text.split('data:').length - 1
  }
  assert.equal(got, 4)
  const seen = `${first < 4 ? 'reader follows' : 'nothing before the fourth event'}, ${response.headers.has('etag') ? 'ETag' : 'no ETag'}`
  console.log(`${`${title}:`.padEnd(19)} ${seen}`)
  assert.equal(seen, expected)
}
server.close()
JS
node see.mjs
