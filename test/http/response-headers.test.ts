/** Headers that every answer carries, and those of our pages. */

import { expect, test } from '@jest/globals'
import express from 'express'
import { addHeader, asPage, joinHeads, securityHeaders } from '../../src/http/response-headers.ts'
import { listen } from '../../src/http/server/server.ts'
import { recordOf } from '../support/http-app.ts'

const headersAt = async (path: string, https: boolean, sent: Record<string, string> = {}): Promise<Record<string, string>> => {
  const app = express().disable('x-powered-by')
  joinHeads(app)
  app.use(securityHeaders({ https }), recordOf())
  app.get('/api', (_req, res) => void res.json({}))
  app.get('/list', (_req, res) => {
    addHeader(res, 'X-Added', 'first')
    addHeader(res, 'X-Added', 'last')
    res.writeHead(200, ['Content-Type', 'text/plain']).end()
  })
  app.get('/own', (_req, res) => {
    res.setHeader('Cache-Control', 'max-age=60')
    addHeader(res, 'X-Added', 'last')
    res.end()
  })
  app.get('/page', asPage, (_req, res) => void res.send('<p>'))
  await using listener = await listen(app, { port: 0, host: '127.0.0.1' })
  return Object.fromEntries((await fetch(listener.address.url + path, { headers: sent })).headers)
}

test('the API may load nothing, be framed nowhere and be stored by nobody', async () => {
  expect(await headersAt('/api', false)).toMatchObject({
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cache-control': 'no-store',
    vary: 'Cookie, Authorization',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  })
})

test('whichever way an answer is written, it has them, once, and what its handler said stands', async () => {
  const usual = await headersAt('/api', false)
  for (const path of ['/list', '/own']) {
    const headers = await headersAt(path, false)
    for (const name of ['content-security-policy', 'vary', 'x-frame-options']) expect(headers[name]).toBe(usual[name])
    expect(headers['x-request-id']).toMatch(/^req_/)
    expect(headers['x-added']).toBe('last')
  }
  expect((await headersAt('/list', false))['cache-control']).toBe('no-store')
  expect((await headersAt('/own', false))['cache-control']).toBe('max-age=60')
})

test('nothing tells what we run', async () => {
  const names = Object.keys(await headersAt('/api', true))
  expect(names).not.toContain('x-powered-by')
  expect(names).not.toContain('server')
})

test('https is demanded where there is https, and of sub-domains nothing', async () => {
  expect((await headersAt('/api', true))['strict-transport-security']).toBe('max-age=31536000')
  expect(await headersAt('/api', false)).not.toHaveProperty('strict-transport-security')
})

test('a page may load what we serve, and pictures from memory', async () => {
  expect((await headersAt('/page', false))['content-security-policy']).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data: blob:;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  )
})

test('a request’s id is ours, whatever the caller sends', async () => {
  const first = (await headersAt('/api', false, { 'x-request-id': 'mine' }))['x-request-id']
  const second = (await headersAt('/api', false))['x-request-id']
  expect(first).toMatch(/^req_[\w-]{20}$/)
  expect(second).not.toBe(first)
})
