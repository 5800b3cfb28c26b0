#!/usr/bin/env bash
# Node 26.10.0 with NODE_USE_ENV_PROXY=1 and undici 8.13.1: who sets the number of connections, or a time limit, has left the proxy.
#
# Expected: the variable makes the process use the proxy of HTTP_PROXY; an Agent says how connections are kept, not where they lead.
# Happens:  the proxy lives in the default agents alone. An http.Agent of one's own goes directly, and so does every fetch after
#           setGlobalDispatcher(new Agent(…)), whether it is Node's own fetch or undici's. undici from npm, of another version than the one
#           in Node, does follow the variable, as long as nobody sets anything. No warning, and the answers are the same.
# Seen:     fetch:                                          by the proxy
#           fetch of undici from npm:                       by the proxy
#           fetch, after setGlobalDispatcher(new Agent()):  directly
#           fetch, after compose(interceptors.retry()):     by the proxy
#           http.get:                                       by the proxy
#           http.get, an Agent with keepAlive:              directly
#           http.get, that Agent with proxyEnv:             by the proxy
# Matters:  a library that tunes its connections takes the whole process out of the proxy, which shows first where direct ways are closed, as
#           timeouts. Compose the dispatcher that is there, give an http.Agent `proxyEnv`, and count requests at a proxy in a test.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >ask.mjs <<'JS'
const [way, url] = process.argv.slice(2)
const undici = () => import('undici')
const got = async (agent) => {
  const http = await import('node:http')
  return new Promise((resolve, reject) => http.get(url, { agent }, async (answer) => resolve((await answer.toArray()).join(''))).on('error', reject))
}
const keptAlive = async (more) => new (await import('node:http')).Agent({ keepAlive: true, ...more })
const ways = {
  'fetch': async () => (await fetch(url)).text(),
  'fetch of undici from npm': async () => (await (await undici()).fetch(url)).text(),
  'fetch, after setGlobalDispatcher(new Agent())': async () => {
    const { Agent, setGlobalDispatcher } = await undici()
    setGlobalDispatcher(new Agent({ connections: 8 }))
    return (await fetch(url)).text()
  },
  'fetch, after compose(interceptors.retry())': async () => {
    const { getGlobalDispatcher, interceptors, setGlobalDispatcher } = await undici()
    setGlobalDispatcher(getGlobalDispatcher().compose(interceptors.retry()))
    return (await fetch(url)).text()
  },
  'http.get': () => got(),
  'http.get, an Agent with keepAlive': async () => got(await keptAlive()),
  'http.get, that Agent with proxyEnv': async () => got(await keptAlive({ proxyEnv: process.env })),
}
console.log(await ways[way]())
process.exit()
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`node ${process.version} with undici ${process.versions.undici}, undici 8.13.1 from npm`)

const answering = async (text) => {
  const server = createServer((_, answer) => answer.end(text)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${server.address().port}/` }
}
// Requests for plain http reach a proxy as requests for the whole address; this one answers them itself.
const [target, proxy] = [await answering('directly'), await answering('by the proxy')]
const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' }
const expected = {
  'fetch': 'by the proxy',
  'fetch of undici from npm': 'by the proxy',
  'fetch, after setGlobalDispatcher(new Agent())': 'directly',
  'fetch, after compose(interceptors.retry())': 'by the proxy',
  'http.get': 'by the proxy',
  'http.get, an Agent with keepAlive': 'directly',
  'http.get, that Agent with proxyEnv': 'by the proxy',
}
const seen = {}
for (const way of Object.keys(expected)) {
  const { stdout } = await promisify(execFile)(process.execPath, ['ask.mjs', way, target.url], { env, timeout: 15_000 })
  seen[way] = stdout.trim()
  console.log(`${`${way}:`.padEnd(47)} ${seen[way]}`)
}
for (const { server } of [target, proxy]) {
  server.close()
  server.closeAllConnections()
}
assert.deepEqual(seen, expected)
JS
node_modules/.bin/node see.mjs
