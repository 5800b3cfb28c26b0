#!/usr/bin/env bash
# sunshine-conversations-client 14.1.0 (the vendor's own client) with pino 10.4.0: what it rejects with is no Error, and nobody told why can say where.
#
# Expected: a call that is refused rejects with an Error, whose message and stack say what was refused and where. The older client of the vendor,
#           smooch-core, does it so.
# Happens:  it rejects with a plain object of status, statusText, body, response and error. It has no message and no stack. Its response is superagent's, so to log
#           the object writes the whole exchange; the Error is within it, as `error`, and has no line of the caller in its stack.
# Seen:     a user is not found:
#           sunshine-conversations-client:   instanceof Error false, message undefined, stack undefined
#           what it has:                     body, error, response, status, statusText
#           the Error within, its stack:     does not name the caller
#           smooch-core 8.11.4:              instanceof Error true, message 'Not Found'
#           log.error({ err }):              type undefined, stack undefined
#           nobody catches it:               code 1, reason "#<Object>"
# Matters:  handlers that ask instanceof Error let it pass for something else, reports of errors group all refusals of all calls as one, and an uncaught
#           one names neither status nor call. Catch it at the call, and make an Error of its status and its body.errors.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" sunshine-conversations-client@14.1.0 smooch-core@8.11.4 pino@10.4.0

cat >call.mjs <<'JS'
import client from 'sunshine-conversations-client'

const api = new client.ApiClient()
api.basePath = process.env.SERVICE
Object.assign(api.authentications.basicAuth, { username: 'app_1', password: 'example' })
export const users = new client.UsersApi(api)
if (process.argv[2] === 'uncaught') users.getUser('5f0c', 'mina')
JS
cat >see.mjs <<'JS'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import pino from 'pino'
import Smooch from 'smooch-core'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`sunshine-conversations-client 14.1.0, smooch-core 8.11.4, pino 10.4.0, node ${process.version}`)
const server = createServer((_, response) => {
  response.writeHead(404, { 'Content-Type': 'application/json' })
  response.end('{"errors":[{"code":"not_found","title":"User not found"}]}')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.env.SERVICE = `http://127.0.0.1:${server.address().port}`
const { users } = await import('./call.mjs')

const error = await users.getUser('5f0c', 'mina').catch((thrown) => thrown)
const smooch = new Smooch({ keyId: 'app_1', secret: 'example', scope: 'app', serviceUrl: process.env.SERVICE })
const older = await smooch.appUsers.get('mina').catch((thrown) => thrown)

let line = ''
pino(new Writable({ write: (chunk, _, done) => { line += chunk; done() } })).error({ err: error })
const child = spawn(process.execPath, ['call.mjs', 'uncaught'], { stdio: ['ignore', 'ignore', 'pipe'] })
let said = ''
child.stderr.on('data', (chunk) => { said += chunk })
const [code] = await once(child, 'close')
server.close()

let failed = false
for (const [title, told, expected] of [
  ['sunshine-conversations-client', `instanceof Error ${error instanceof Error}, message ${error.message}, stack ${error.stack}`, 'instanceof Error false, message undefined, stack undefined'],
  ['what it has', Object.keys(error).sort().join(', '), 'body, error, response, status, statusText'],
  ['the Error within, its stack', error.error instanceof Error && /see\.mjs|call\.mjs/.test(error.error.stack) ? 'names the caller' : 'does not name the caller', 'does not name the caller'],
  ['smooch-core 8.11.4', `instanceof Error ${older instanceof Error}, message ${inspect(older.message)}`, "instanceof Error true, message 'Not Found'"],
  ['log.error({ err })', `type ${JSON.parse(line).err.type}, stack ${JSON.parse(line).err.stack}`, 'type undefined, stack undefined'],
  ['nobody catches it', `code ${code}, ${said.match(/reason "[^"]*"/)?.[0]}`, 'code 1, reason "#<Object>"'],
]) {
  console.log(`${`${title}:`.padEnd(32)} ${told}`)
  if (told !== expected) failed = true
}
process.exitCode = failed ? 1 : 0
JS
node see.mjs
