#!/usr/bin/env bash
# Node 26.10.0: what is started by `node --run` goes on without it when it is ended; as process 1 of a container neither is ended by SIGTERM.
#
# Expected: `node --run start` is the quick way for `npm start`, so SIGTERM to it reaches the service, as it does behind `node --watch`; or the two
#           are one process, like the last command of a shell.
# Happens:  node --run starts a shell with the script and waits. It has no handler for signals and passes none on. SIGTERM ends it alone: whoever
#           started it is told that all is over, and the service keeps its port and its connections. As process 1 of a container nothing that has no
#           handler is ended by SIGTERM, so there not even that happens.
# Seen:     a service that closes on SIGTERM, one second after SIGTERM was sent to what was started:
#           node service.js:               ended, in good order
#           node --watch service.js:       ended, in good order
#           node --run start:              the starter ended by SIGTERM, the service goes on
#           as process 1, node --run:      both go on
# Matters:  under systemd, a supervisor or a test the next start finds the port taken; in a container each stop lasts until SIGKILL, and calls that
#           are being answered are cut off, though the service has a shutdown of its own that is tested. Start the service itself.
# The last row needs unshare (Debian: util-linux) and the right to use it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

console.log(`node ${process.version}`)
const node = process.execPath
let starter
/** What was started here, a group of processes of its own, is ended. */
const end = (code) => {
  try {
    process.kill(-starter.pid, 'SIGKILL')
  } catch {}
  if (code !== undefined) process.exit(code)
}
setTimeout(() => end(1), 60_000).unref()

// It ends by itself, too.
writeFileSync(
  'service.js',
  `const { writeFileSync } = require('node:fs')
  process.on('SIGTERM', () => { writeFileSync('closed', ''); process.exit() })
  setTimeout(() => process.exit(), 20_000)
  setInterval(() => writeFileSync('beat', String(Date.now())), 50)`,
)
writeFileSync('package.json', JSON.stringify({ scripts: { start: `"${node}" service.js` } }))

const see = async (command, args, target = (starter) => starter.pid) => {
  for (const file of ['closed', 'beat']) rmSync(file, { force: true })
  starter = spawn(command, args, { stdio: 'ignore', detached: true })
  const exit = once(starter, 'exit')
  while (!existsSync('beat')) await sleep(50)
  process.kill(target(starter), 'SIGTERM')
  await sleep(1000)
  const last = readFileSync('beat', 'utf8')
  await sleep(1000)
  const goesOn = readFileSync('beat', 'utf8') !== last
  const ended = starter.exitCode !== null || starter.signalCode !== null
  end()
  await exit
  if (ended && !goesOn) return `ended, ${existsSync('closed') ? 'in good order' : 'at once'}`
  return ended ? `the starter ended by ${starter.signalCode}, the service goes on` : `${goesOn ? 'both go' : 'the starter goes'} on`
}
/** The only child of a process. */
const child = ({ pid }) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
const rows = [
  ['node service.js', [node, ['service.js']], 'ended, in good order'],
  ['node --watch service.js', [node, ['--watch', 'service.js']], 'ended, in good order'],
  ['node --run start', [node, ['--run', 'start']], 'the starter ended by SIGTERM, the service goes on'],
]
if (spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0) {
  rows.push(['as process 1, node --run', ['unshare', ['--pid', '--fork', '--kill-child', node, '--run', 'start'], child], 'both go on'])
}
try {
  for (const [title, how, expected] of rows) {
    const seen = await see(...how)
    console.log(`${`${title}:`.padEnd(30)} ${seen}`)
    assert.equal(seen, expected)
  }
  end(0)
} catch (error) {
  console.error(error)
  end(1)
}
JS
node_modules/.bin/node see.mjs
