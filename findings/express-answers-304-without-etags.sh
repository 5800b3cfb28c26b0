#!/usr/bin/env bash
# express 5.3.0: with `etag` disabled, a GET with `If-None-Match: *` is answered 304 and no body.
#
# Expected: after `app.disable('etag')` nothing has a validator, so no answer is conditional.
# Happens:  `res.json` and `res.send` still ask `req.fresh`, and `fresh` takes `*` for a match whether or not the answer has an ETag.
# Seen:     plain socket: 304, 0 bytes of body
#           fetch:        200, since Node's fetch adds `Cache-Control: no-cache` beside If-None-Match, which `fresh` honours
# Matters:  an API that switched etags off still loses its body, and a test that uses fetch says that it does not.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import express from 'express'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`express ${JSON.parse(readFileSync('node_modules/express/package.json', 'utf8')).version}, node ${process.version}`)

const app = express()
app.disable('etag')
app.get('/', (_, response) => response.json({ balance: 7 }))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

const socket = connect(port, '127.0.0.1')
socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\nConnection: close\r\n\r\n')
let text = ''
for await (const chunk of socket) text += chunk
const [head, body = ''] = text.split('\r\n\r\n')
const plain = `${head.split(' ')[1]}, ${body.length} bytes of body`
const byFetch = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'If-None-Match': '*' } })
console.log(`plain socket: ${plain}\nfetch: ${byFetch.status}`)
server.close()
server.closeAllConnections()

assert.match(head, /^HTTP\/1\.1 304 /)
assert.doesNotMatch(head, /^etag:/im)
assert.equal(body, '')
assert.equal(byFetch.status, 200)
JS
node see.mjs
