#!/usr/bin/env bash
# undici 8.13.1: the interceptor responseError drops the body of a refusal that is application/problem+json, and keeps that of application/json.
#
# Expected: responseError makes of each answer from 400 on an error that has its status, headers and body, whatever the type of the body is; JSON is
#           parsed, the standard type of errors (RFC 9457) not least.
# Happens:  the body is kept if its type begins with application/json or text/plain, and passed over for every other one. `body` is then '', as for
#           an answer that had none. By fetch all of it is the cause of "fetch failed".
# Seen:     an answer 409 with { "title": "name is taken" }:
#           application/json:                     ResponseError 409, body {"title":"name is taken"}
#           application/problem+json:             ResponseError 409, body ""
#           application/vnd.api+json:             ResponseError 409, body ""
#           the same three without it:            the text of the answer, 409
#           fetch with it, problem+json:          TypeError fetch failed; its cause 409, body ""
# Matters:  a service that goes over to the standard type for its errors takes the reason from its clients: the log says "Response Error", 409, and
#           nothing of what was wrong, which cannot be asked for again. Look at the status and read the body oneself.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Agent, fetch, interceptors, request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`undici 8.13.1, node ${process.version}`)
const types = { json: 'application/json', problem: 'application/problem+json', api: 'application/vnd.api+json' }
const server = createServer(({ url }, response) => {
  response.writeHead(409, { 'content-type': types[url.slice(1)] }).end(JSON.stringify({ title: 'name is taken' }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${server.address().port}`
const dispatcher = new Agent().compose(interceptors.responseError())

const say = (title, seen, expected) => {
  console.log(`${`${title}:`.padEnd(37)} ${seen}`)
  assert.equal(seen, expected)
}
for (const [name, body] of [
  ['json', '{"title":"name is taken"}'],
  ['problem', '""'],
  ['api', '""'],
]) {
  const error = await request(`${address}/${name}`, { dispatcher }).catch((error) => error)
  say(types[name], `${error.name} ${error.statusCode}, body ${JSON.stringify(error.body)}`, `ResponseError 409, body ${body}`)
}
const texts = new Set()
for (const name of Object.keys(types)) {
  const answer = await request(`${address}/${name}`)
  texts.add(`${await answer.body.text()}, ${answer.statusCode}`)
}
assert.deepEqual([...texts], ['{"title":"name is taken"}, 409'])
say('the same three without it', 'the text of the answer, 409', 'the text of the answer, 409')
const { name, message, cause } = await fetch(`${address}/problem`, { dispatcher }).catch((error) => error)
say('fetch with it, problem+json', `${name} ${message}; its cause ${cause.statusCode}, body ${JSON.stringify(cause.body)}`, 'TypeError fetch failed; its cause 409, body ""')
server.close()
server.closeAllConnections()
process.exit()
JS
node_modules/.bin/node see.mjs
