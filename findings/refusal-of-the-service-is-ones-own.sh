#!/usr/bin/env bash
# express 5.3.0 and fastify 5.12.8 with axios 1.21.1, superagent 10.4.2, ofetch 1.5.1 or undici 8.13.1: what a service refuses one's own server is
# answered as one's own refusal of the reader.
#
# Expected: a handler that calls a service and lets the error go is a fault of the server, a 500: the key of the server was refused, not the reader.
# Happens:  express and fastify take `status` or `statusCode` of whatever was thrown for the status of the answer, and its `headers` too. The
#           errors of these clients have a status since some version or other, and it is the service's. Those of got and ky have none, and in
#           hono only its own class counts.
# Seen:     a handler calls a service that refuses the server's key with 401; what the reader of the handler gets:
#           axios:                        express 401, fastify 401, hono 500
#           superagent:                   express 401, fastify 401, hono 500
#           ofetch:                       express 401, fastify 401, hono 500
#           undici, responseError:        express 401 and fastify 401 with the service's Cache-Control and X-Request-Id, hono 500
#           got:                          express 500, fastify 500, hono 500
#           ky:                           express 500, fastify 500, hono 500
# Matters:  on a 401 the page takes its own session for ended and sends everybody to the login, round and round, when a key of the server has run out; a
#           404 or 429 of something behind says that the page is not there or the reader too quick. Alarms by the number of 5xx are silent. An
#           update of the client or a change from got to another one is enough. Let no error of a client reach the framework as it is.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 express@5.3.0 fastify@5.12.8 hono@4.13.19 @hono/node-server@2.1.9 \
  axios@1.21.1 superagent@10.4.2 ofetch@1.5.1 undici@8.13.1 got@16.1.0 ky@2.1.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { serve } from '@hono/node-server'
import axios from 'axios'
import express from 'express'
import fastify from 'fastify'
import got from 'got'
import { Hono } from 'hono'
import ky from 'ky'
import { ofetch } from 'ofetch'
import superagent from 'superagent'
import { Agent, interceptors, request } from 'undici'

setTimeout(() => process.exit(1), 60_000).unref()
console.log(`express 5.3.0, fastify 5.12.8, hono 4.13.19, node ${process.version}`)
console.error = () => {}
const listen = async (server) => {
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}/`
}
const service = await listen(createServer((_, response) => {
  const body = '{"error":{"code":"unauthorized"}}'
  response.writeHead(401, { 'Content-Type': 'application/json', 'Content-Length': body.length, 'Cache-Control': 'public, max-age=60', 'X-Request-Id': 'theirs' })
  response.end(body)
}).listen(0, '127.0.0.1'))

const see = async (call) => {
  const fast = fastify()
  fast.get('/', call)
  await fast.listen({ host: '127.0.0.1', port: 0 })
  const told = []
  for (const [name, server] of [
    ['express', express().get('/', call).listen(0, '127.0.0.1')],
    ['fastify', fast.server],
    ['hono', serve({ fetch: new Hono().get('/', call).fetch, hostname: '127.0.0.1', port: 0 })],
  ]) {
    const { status, headers } = await fetch(await listen(server))
    const theirs = [['Cache-Control', 'public, max-age=60'], ['X-Request-Id', 'theirs']].filter(([header, value]) => headers.get(header) === value)
    told.push(`${name} ${status}${theirs.length > 0 ? ` with the service's ${theirs.map(([header]) => header).join(' and ')}` : ''}`)
  }
  return told.join(', ')
}
const refusal = 'express 401, fastify 401, hono 500'
const fault = 'express 500, fastify 500, hono 500'
const dispatcher = new Agent().compose(interceptors.responseError())
for (const [title, call, expected] of [
  ['axios', () => axios.get(service), refusal],
  ['superagent', () => superagent.get(service).then(() => {}), refusal],
  ['ofetch', () => ofetch(service), refusal],
  ['undici, responseError', () => request(service, { dispatcher }), "express 401 with the service's Cache-Control and X-Request-Id, fastify 401 with the service's Cache-Control and X-Request-Id, hono 500"],
  ['got', () => got(service), fault],
  ['ky', () => ky(service), fault],
]) {
  const told = await see(call)
  console.log(`${`${title}:`.padEnd(29)} ${told}`)
  assert.equal(told, expected)
}
process.exit()
JS
NODE_ENV=production node_modules/.bin/node see.mjs
