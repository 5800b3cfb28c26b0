#!/usr/bin/env bash
# undici 8.13.1: with the interceptor `deduplicate`, a caller who gives up fails the equal calls of all the others.
#
# Expected: equal GETs that are under way at the same time become one, and each caller gets the answer. One who leaves is no matter of the others; so it
#           is with the second and third caller, whose own signal ends their own wait alone.
# Happens:  the one call belongs to whoever came first, with its signal and its time limits. When that one aborts or runs out of its time, the
#           others get "fetch failed" with a cause that says the request was cancelled, by nobody they know; there is no second try. The
#           other way round the time limit of one who comes later is not kept at all.
# Seen:     three equal calls at a time to a service that answers when it is told to:
#           the second gives up:                   answer, AbortError, answer; asked 1 time
#           the first gives up:                    AbortError, fetch failed (Request was cancelled.), the same; asked 1 time
#           the first has a time limit:            UND_ERR_HEADERS_TIMEOUT, the same, the same; asked 1 time
#           the second has it, answer is late:     answer, answer, answer; asked 1 time
# Matters:  in a gateway that hands the signal of each reader on, closing one tab gives 502 to everybody who looks at the same page just then; under
#           load, when readers leave, most calls are shared. Give shared calls a signal and time limits of their own, and let each caller race
#           its own signal against the result.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { Agent, fetch, interceptors, request } from 'undici'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`undici 8.13.1, node ${process.version}`)
let held = []
const events = new EventEmitter()
const server = createServer((_, response) => {
  held.push(response)
  events.emit('asked')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/appusers/me`

const byFetch = async (dispatcher, signal) => {
  try {
    await (await fetch(url, { dispatcher, signal })).text()
    return 'answer'
  } catch (error) {
    return error.cause ? `${error.message} (${error.cause.message})` : error.name
  }
}
const byRequest = async (dispatcher, headersTimeout) => {
  try {
    await (await request(url, { dispatcher, headersTimeout })).body.text()
    return 'answer'
  } catch (error) {
    return error.code
  }
}
const see = async (title, expected, call, parameters, act) => {
  const agent = new Agent()
  const dispatcher = agent.compose(interceptors.deduplicate())
  held = []
  const asked = once(events, 'asked')
  const calls = parameters.map((parameter) => call(dispatcher, parameter))
  await asked
  await act(calls)
  for (const response of held) response.end('{}')
  const seen = await Promise.all(calls)
  const told = `${seen.map((one, nth) => (nth > 0 && one === seen[nth - 1] && one !== 'answer' ? 'the same' : one)).join(', ')}; asked ${held.length} time`
  console.log(`${`${title}:`.padEnd(38)} ${told}`)
  assert.equal(told, expected)
  await agent.destroy()
}
for (const [nth, title, expected] of [
  [1, 'the second gives up', 'answer, AbortError, answer; asked 1 time'],
  [0, 'the first gives up', 'AbortError, fetch failed (Request was cancelled.), the same; asked 1 time'],
]) {
  const controllers = [1, 2, 3].map(() => new AbortController())
  await see(title, expected, byFetch, controllers.map(({ signal }) => signal), async (calls) => {
    controllers[nth].abort()
    await calls[nth]
  })
}
const limit = 'UND_ERR_HEADERS_TIMEOUT, the same, the same; asked 1 time'
await see('the first has a time limit', limit, byRequest, [100, undefined, undefined], (calls) => calls[0])
// A call of the same limit beside them, by itself, tells that the time is over.
await see('the second has it, answer is late', 'answer, answer, answer; asked 1 time', byRequest, [undefined, 100, undefined], async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const alone = request(`http://127.0.0.1:${silent.address().port}`, { headersTimeout: 100 })
  await assert.rejects(alone, { code: 'UND_ERR_HEADERS_TIMEOUT' })
  silent.close()
})
server.close()
process.exit()
JS
node_modules/.bin/node see.mjs
