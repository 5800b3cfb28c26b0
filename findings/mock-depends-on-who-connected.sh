#!/usr/bin/env bash
# msw 3.0.5 beside undici 8.13.1: what is mocked depends on who opened the connection, and a DELETE that must fail is carried out.
#
# Expected: fetch is mocked and calls of the package undici are not, as msw says and as it was in msw 2; with 'error' for what no handler knows, nothing of
#           fetch leaves the process.
# Happens:  version 3 listens on the sockets and asks the async context of a connection whose it is. The fetch of Node and the package share one pool of
#           connections, so fetch on a connection that undici has opened is nobody's, and goes to the service; undici on one of fetch's is mocked. With
#           an Agent of its own for undici all is as expected. The option has another name now, and the old one is ignored without a word.
# Seen:     one after another in one process, with 'error' for unknown calls; GET is known to a handler, DELETE is not:
#           msw 2:  undici, undici, fetch GET, fetch DELETE               service, service, mock, refused
#           msw 3:  fetch GET, fetch DELETE                               mock, refused
#           msw 3:  undici, undici, fetch GET, fetch DELETE               service, service, service, service: the DELETE was carried out
#           msw 3:  fetch GET, undici GET, undici DELETE                  mock, service, refused
#           msw 3:  undici by its own Agent, twice, then as before        service, service, mock, refused
#           msw 3:  fetch GET, fetch DELETE, onUnhandledRequest           mock, service: the DELETE was carried out
# Matters:  one call by undici in a test, a health check or a library, takes the mock away from what comes after it, depending on the order of the tests;
#           the calls then change what is behind the address. Give undici an Agent of its own in tests, and addresses that do not exist.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 msw@3.0.5 msw2@npm:msw@2.15.0 undici@8.13.1

cat >call.mjs <<'JS'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Agent, request } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
const [, , name, option, ...steps] = process.argv
const { http, HttpResponse } = await import(name)
const { setupServer } = await import(`${name}/node`)
const service = createServer((_, response) => response.end('service')).listen(0, '127.0.0.1')
await once(service, 'listening')
const origin = `http://127.0.0.1:${service.address().port}`
setupServer(http.get(`${origin}/user`, () => HttpResponse.text('mock'))).listen({ [option]: 'error' })
const own = new Agent()
const calls = {
  fetch: async (url, method) => (await fetch(url, { method })).text(),
  undici: async (url, method) => (await request(url, { method })).body.text(),
  own: async (url, method) => (await request(url, { method, dispatcher: own })).body.text(),
}
const answers = []
for (const step of steps) {
  const [by, method] = step.split(':')
  answers.push(await calls[by](`${origin}${method === 'GET' ? '/user' : '/users/7'}`, method).catch(() => 'refused'))
}
console.log(answers.join(', '))
process.exit()
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'

console.log(`msw 3.0.5, undici 8.13.1, node ${process.version}`)
const [get, remove, undici] = ['fetch:GET', 'fetch:DELETE', 'undici:GET']
for (const [name, option, steps, expected] of [
  ['msw2', 'onUnhandledRequest', [undici, undici, get, remove], 'service, service, mock, refused'],
  ['msw', 'onUnhandledFrame', [get, remove], 'mock, refused'],
  ['msw', 'onUnhandledFrame', [undici, undici, get, remove], 'service, service, service, service'],
  ['msw', 'onUnhandledFrame', [get, undici, 'undici:DELETE'], 'mock, service, refused'],
  ['msw', 'onUnhandledFrame', ['own:GET', 'own:GET', get, remove], 'service, service, mock, refused'],
  ['msw', 'onUnhandledRequest', [get, remove], 'mock, service'],
]) {
  const told = execFileSync(process.execPath, ['call.mjs', name, option, ...steps], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  console.log(`${`${name === 'msw' ? 'msw 3' : 'msw 2'}, ${option}: ${steps.join(', ')}`.padEnd(78)} ${told}`)
  assert.equal(told, expected)
}
JS
node_modules/.bin/node see.mjs
