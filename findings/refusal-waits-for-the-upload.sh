#!/usr/bin/env bash
# express 5.3.0: 401, 404 and 413 of express itself are sent only when the whole upload has arrived, which it then throws away.
#
# Expected: a body that is too large by its Content-Length, a path that does not exist and an error from the check of the session are known as
#           soon as the headers are there, so the refusal goes out at once.
# Happens:  the last handler of express (finalhandler) reads the request to its end before it writes: it waits for the event at which the body is
#           complete, and discards what comes until then. All that reach it do so: next(error), errors thrown, paths without a route. What a
#           handler of one's own sends is sent at once.
# Seen:     a POST that announces 8000 bytes and sends a thousand at a time, and waits for an answer after each:
#           express.json({ limit: 1000 }):      413 after 8000 bytes
#           no such path:                       404 after 8000 bytes
#           next(an error with status 401):     401 after 8000 bytes
#           the same, own error handler:        401 after 1000 bytes
# Matters:  a limit of 100 KB keeps memory small, but the gigabyte is received all the same, and paid for; a client on a slow line waits minutes for
#           "not logged in", and connections and time limits are taken up by calls which were refused long ago. Have an error handler and
#           a handler for what has no route that answer themselves.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`express 5.3.0, node ${process.version}`)
const build = (own) => {
  const app = express().set('env', 'test')
  app.post('/json', express.json({ limit: 1000 }), (_, response) => response.end())
  app.post('/private', (_request, _response, next) => next(Object.assign(new Error('log in first'), { status: 401 })))
  if (own) app.use((error, _request, response, _next) => response.status(error.status).json({ error: error.message }))
  return app
}
const see = async (title, expected, path, own = false) => {
  const server = build(own).listen(0, '127.0.0.1')
  let sent = 0
  await once(server, 'listening')
  const upload = request({ port: server.address().port, host: '127.0.0.1', method: 'POST', path, headers: { 'content-type': 'application/json', 'content-length': 8000 } })
  const answer = once(upload, 'response').then(([response]) => {
    response.resume()
    return `${response.statusCode} after ${sent} bytes`
  })
  upload.flushHeaders()
  for (let nth = 0; nth < 8; nth += 1) {
    upload.write(' '.repeat(1000))
    sent += 1000
    // An answer that is on its way has the time to arrive; one that has to come is waited for.
    if (await Promise.race([answer, ...(own ? [] : [sleep(200)])])) break
  }
  const seen = await answer
  console.log(`${`${title}:`.padEnd(35)} ${seen}`)
  upload.destroy()
  server.close()
  server.closeAllConnections()
  assert.equal(seen, expected)
}
await see('express.json({ limit: 1000 })', '413 after 8000 bytes', '/json')
await see('no such path', '404 after 8000 bytes', '/nowhere')
await see('next(an error with status 401)', '401 after 8000 bytes', '/private')
await see('the same, own error handler', '401 after 1000 bytes', '/private', true)
JS
node see.mjs
