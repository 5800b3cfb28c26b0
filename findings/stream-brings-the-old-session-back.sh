#!/usr/bin/env bash
# express-session 1.19.0 with express 5.3.0 and connect-redis 10.0.0: when an event stream ends, the session is again what it was when the stream began.
#
# Expected: with `resave: false` a request writes the session if it has changed it, at the time at which it does so or when its header is sent, and
#           of what it has not changed nothing is written.
# Happens:  a session is read once, at the beginning of a request, and written as a whole when the response has ended. For a stream the two
#           are as far apart as its reader likes. Other requests change the session in between, and the end of the stream puts the old one back in
#           full, with the one field that the stream had set. save() right after the change writes in time, and nothing at the end.
# Seen:     a cart with one thing in it; /events sets session.watching and stays open; another request adds a thing, then the stream ends:
#           as it comes:                    before the end [a,b], watching no; after the end [a], watching yes
#           save() when the field is set:   before the end [a,b], watching yes; after the end [a,b], watching yes
#           a stream that changes nothing:  before the end [a,b], watching no; after the end [a,b], watching no
# Matters:  what somebody did in an hour is undone by closing a tab, or by the restart of the service, and each request by itself was right. With
#           short requests the window is some milliseconds, so no test and no user finds it before the first stream. Streams, long polls
#           and large downloads must change no session, or save it themselves at once.
# Needs redis-server on the PATH.
set -euo pipefail
command -v redis-server >/dev/null || {
  echo 'redis-server is not installed' >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" express@5.3.0 express-session@1.19.0 connect-redis@10.0.0 redis@6.3.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'

console.log(`express 5.3.0, express-session 1.19.0, connect-redis 10.0.0, node ${process.version}`)
const path = `${process.cwd()}/socket`
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', process.cwd()], { stdio: 'ignore' })
const end = (code) => {
  server.kill('SIGKILL')
  process.exit(code)
}
setTimeout(() => end(1), 30_000).unref()

try {
  const client = await createClient({ socket: { path, reconnectStrategy: () => 50 } }).on('error', () => {}).connect()
  const app = express().use(session({ store: new RedisStore({ client }), secret: 'of this script', resave: false, saveUninitialized: false }))
  app.get('/add/:thing', (request, response) => {
    request.session.cart = [...(request.session.cart ?? []), request.params.thing]
    response.end()
  })
  app.get('/session', (request, response) => response.json(request.session))
  const streams = []
  app.get('/events/:way', (request, response) => {
    const { way } = request.params
    if (way !== 'still') request.session.watching = true
    const start = () => {
      response.type('text/event-stream').write('data: hello\n\n')
      streams.push(response)
    }
    if (way === 'saved') request.session.save(start)
    else start()
  })
  const web = app.listen(0, '127.0.0.1')
  await once(web, 'listening')

  for (const [title, way, expected] of [
    ['as it comes', 'plain', 'before the end [a,b], watching no; after the end [a], watching yes'],
    ['save() when the field is set', 'saved', 'before the end [a,b], watching yes; after the end [a,b], watching yes'],
    ['a stream that changes nothing', 'still', 'before the end [a,b], watching no; after the end [a,b], watching no'],
  ]) {
    let cookie = ''
    const get = (path) => fetch(`http://127.0.0.1:${web.address().port}${path}`, { headers: cookie ? { cookie } : {} })
    const stored = async () => {
      const { cart, watching } = await (await get('/session')).json()
      return `[${cart}], watching ${watching ? 'yes' : 'no'}`
    }
    const first = await get('/add/a')
    cookie = first.headers.getSetCookie()[0].split(';')[0]
    const events = await get(`/events/${way}`)
    await get('/add/b')
    const before = await stored()
    streams.pop().end('data: bye\n\n')
    await events.text()
    const seen = `before the end ${before}; after the end ${await stored()}`
    console.log(`${`${title}:`.padEnd(31)} ${seen}`)
    assert.equal(seen, expected)
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node see.mjs
