#!/usr/bin/env bash
# @fastify/http-proxy 11.6.3 with fastify 5.12.8: who leaves before the answer has begun leaves the request to the service behind.
#
# Expected: a proxy gives a request up when the one it asks for has gone; other proxies of Node do so.
# Happens:  @fastify/http-proxy (by @fastify/reply-from) does so only once the answer has begun. Until then nothing listens for the end of the
#           reader's connection, and the service works on for nobody, on a connection of the pool, until it is done or undici's time for the
#           header is over.
# Seen:     ten readers give up a call; requests that are still open at the service two seconds later:
#           http-proxy-middleware, no answer yet:     0
#           hono/proxy, no answer yet:                0
#           @fastify/http-proxy, no answer yet:       10
#           @fastify/http-proxy, the header is out:   0
#           the same with headersTimeout 1000:        0
# Matters:  a slow service is where readers give up and try again, and each try comes on top of those before: what should ease the load piles it
#           up. In the proxy's log the calls are over, at the service they are not. Set `undici: { headersTimeout }` to what readers wait;
#           with the default of 300 s a minute of impatience is five of load.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 fastify@5.12.8 @fastify/http-proxy@11.6.3 \
  @fastify/reply-from@12.6.5 http-proxy-middleware@4.2.2 express@5.3.0 hono@4.13.19 @hono/node-server@2.1.9

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import proxyPlugin from '@fastify/http-proxy'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { createProxyMiddleware } from 'http-proxy-middleware'

console.log(`@fastify/http-proxy 11.6.3, fastify 5.12.8, http-proxy-middleware 4.2.2, hono 4.13.19, node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()

const open = new Set()
const service = createServer((request, response) => {
  open.add(request)
  response.on('close', () => open.delete(request))
  if (request.url === '/begun') response.write('the first line\n')
}).listen(0, '127.0.0.1')
await once(service, 'listening')
const target = `http://127.0.0.1:${service.address().port}`

const address = async (server) => {
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}
const byFastify = async (undici) => {
  const app = fastify()
  await app.register(proxyPlugin, { upstream: target, ...(undici ? { undici } : {}) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return address(app.server)
}
const middleware = await address(express().use(createProxyMiddleware({ target })).listen(0, '127.0.0.1'))
const app = new Hono().all('*', (context) => proxy(target + context.req.path, context.req))
const hono = await address(serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }))
const plain = await byFastify()
const limited = await byFastify({ headersTimeout: 1000 })

const see = async (url, path) => {
  open.clear()
  const leave = new AbortController()
  const calls = Array.from({ length: 10 }, () => fetch(url + path, { signal: leave.signal }).then((response) => response.text()).catch(() => {}))
  while (open.size < 10) await sleep(20)
  // So that what has begun has reached its reader.
  if (path === '/begun') await sleep(200)
  leave.abort()
  await Promise.all(calls)
  await sleep(2000)
  return open.size
}
for (const [title, url, path, expected] of [
  ['http-proxy-middleware, no answer yet', middleware, '/none', 0],
  ['hono/proxy, no answer yet', hono, '/none', 0],
  ['@fastify/http-proxy, no answer yet', plain, '/none', 10],
  ['@fastify/http-proxy, the header is out', plain, '/begun', 0],
  ['the same with headersTimeout 1000', limited, '/none', 0],
]) {
  const seen = await see(url, path)
  console.log(`${`${title}:`.padEnd(41)} ${seen}`)
  assert.equal(seen, expected)
}
process.exit()
JS
node_modules/.bin/node see.mjs
