#!/usr/bin/env bash
# pino 10.4.0: of what is logged just before a SIGTERM or SIGKILL one line of two hundred is written, by pino() as it comes.
#
# Expected: pino() writes each line when it is called, as console.log does; only who asks for it, by `sync: false` or a transport, trades the last
#           lines for speed.
# Happens:  asynchronous is the default (documented at the option of pino.destination()): the first line is written at once, the others wait for it in
#           memory. At an exit, an error that nobody catches and the end of the program pino writes them out; a signal without a listener and the
#           kernel's killer give it no time. fatal() writes all out, error() does not.
# Seen:     200 lines in a loop, then a signal to itself; lines in the file that its output goes to:
#           console.log, SIGKILL:                          200
#           pino(), SIGTERM without listener:              0 or 1
#           pino(), SIGKILL:                               0 or 1
#           pino(), a listener that calls exit():          200
#           pino(), fatal() as the last line, SIGKILL:     200
#           destination with sync: true, SIGKILL:          200
#           transport pino/file, SIGKILL:                  0
# Matters:  the lines that tell why a container was killed for its memory, or what it did when the stop came before its listener was there, are those
#           that are missing. In a journal of what was done, the last thing done is not there. Listen to SIGTERM from the first line on, and take
#           sync: true for what must not be lost.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 pino@10.4.0

cat >service.mjs <<'JS'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'

const [way, signal] = process.argv.slice(2)
const loggers = {
  console: () => ({ info: (text) => console.log(text) }),
  sync: () => pino(pino.destination({ dest: 1, sync: true })),
  transport: () => pino(pino.transport({ target: 'pino/file', options: { destination: 1 } })),
}
const log = (loggers[way] ?? (() => pino()))()
if (way === 'listener') process.on('SIGTERM', () => process.exit(0))
// The worker of a transport is there by then.
await sleep(500)
for (let count = 1; count < 200; count++) log.info('a line')
if (way === 'fatal') log.fatal('a line')
else log.info('a line')
process.kill(process.pid, signal)
// A signal with a listener comes in a moment.
await sleep(5000)
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

console.log(`pino 10.4.0, node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()
for (const [title, way, signal, expected] of [
  ['console.log, SIGKILL', 'console', 'SIGKILL', 200],
  ['pino(), SIGTERM without listener', 'plain', 'SIGTERM', 1],
  ['pino(), SIGKILL', 'plain', 'SIGKILL', 1],
  ['pino(), a listener that calls exit()', 'listener', 'SIGTERM', 200],
  ['pino(), fatal() as the last line, SIGKILL', 'fatal', 'SIGKILL', 200],
  ['destination with sync: true, SIGKILL', 'sync', 'SIGKILL', 200],
  ['transport pino/file, SIGKILL', 'transport', 'SIGKILL', 0],
]) {
  const file = openSync('output', 'w')
  const service = spawn(process.execPath, ['service.mjs', way, signal], { stdio: ['ignore', file, 'inherit'] })
  await once(service, 'exit')
  closeSync(file)
  const lines = readFileSync('output', 'utf8').split('a line').length - 1
  console.log(`${`${title}:`.padEnd(46)} ${lines}`)
  // What a worker or the thread of writes has done by then differs a little.
  if (expected < 200) assert.ok(lines < 100)
  else assert.equal(lines, 200)
}
JS
node_modules/.bin/node see.mjs
