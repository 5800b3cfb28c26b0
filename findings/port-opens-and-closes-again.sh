#!/usr/bin/env bash
# vite 8.4.0: before the dev server serves, its port opens three times at all addresses and closes again.
#
# Expected: a server is there from the moment on at which its port takes connections; with --host 127.0.0.1 it is never to be had elsewhere.
# Happens:  to see that the port is free, Vite listens on it at 0.0.0.0, at :: and at :: in its long spelling, and closes it each time (tryListen).
#           So with --host 127.0.0.1 the port is for a moment open to the network, and to a client each of these moments is the start of the server.
# Seen:     the server started with --host 127.0.0.1; a client that connects to 127.0.0.1 as soon as the port is open and once more when it is closed:
#           0.0.0.0:      connected, then ECONNREFUSED
#           :::           connected, then ECONNREFUSED
#           :::           connected, then ECONNREFUSED
#           127.0.0.1:    connected, and served
# Matters:  what waits for the port, as `wait-on tcp:`, a supervisor or the health check of a container, lets the tests or the proxy begin, and their
#           first call is refused once in a while, which nobody can repeat. An audit of open ports reports an address that is in no configuration.
#           Wait for an answer by HTTP and not for a connection.
# Needs IPv6 on the machine for the two lines in the middle.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 vite@8.4.0

# The question is asked by another process while this one waits, so that the order of events is always the same.
cat >preload.mjs <<'JS'
import { execFileSync } from 'node:child_process'
import net from 'node:net'

const ask = (port) => {
  const script = `require('node:net').connect(${port}, '127.0.0.1').on('connect', function () { console.log('connected'); this.destroy() }).on('error', ({ code }) => console.log(code))`
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env: {} }).trim()
}
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (...parameters) {
  this.prependOnceListener('listening', () => {
    const { address, port } = this.address()
    if (String(port) !== process.env.WATCHED_PORT) return
    const opened = ask(port)
    process.send({ address, opened })
    this.prependOnceListener('close', () => process.send({ address, closed: ask(port) }))
  })
  return Reflect.apply(listen, this, parameters)
}
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { writeFileSync } from 'node:fs'

console.log(`vite 8.4.0, node ${process.version}`)
writeFileSync('index.html', '<!doctype html><title>App</title>')
const look = async (host) => {
  const server = net.createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return String(port)
}
const hasSix = await look('::').then(() => true, () => false)
const port = await look('127.0.0.1')

const seen = []
const vite = fork('node_modules/vite/bin/vite.js', ['--host', '127.0.0.1', '--port', port, '--strictPort'], {
  execArgv: ['--import', './preload.mjs'], env: { ...process.env, WATCHED_PORT: port }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
})
process.on('exit', () => vite.kill('SIGKILL'))
setTimeout(() => process.exit(1), 60_000).unref()
vite.on('message', (event) => seen.push(event))
let text = ''
for await (const chunk of vite.stdout.setEncoding('utf8')) {
  text += chunk
  if (text.includes('Local:')) break
}
const response = await fetch(`http://127.0.0.1:${port}/`)
assert.equal(response.status, 200)
seen.push({ address: '127.0.0.1', closed: 'served' })
const lines = []
for (const { address, opened, closed } of seen) {
  if (opened) lines.push({ address, opened })
  else if (closed === 'served') lines.at(-1).rest = 'and served'
  else lines.at(-1).rest = `then ${closed}`
}
const told = lines.map(({ address, opened, rest }) => `${`${address}:`.padEnd(13)} ${opened}, ${rest}`)
console.log(told.join('\n'))
const six = ':::           connected, then ECONNREFUSED'
assert.deepEqual(told, [
  '0.0.0.0:      connected, then ECONNREFUSED',
  ...(hasSix ? [six, six] : []),
  '127.0.0.1:    connected, and served',
])
process.exit()
JS
node_modules/.bin/node see.mjs
