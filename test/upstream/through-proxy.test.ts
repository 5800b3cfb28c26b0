/** HTTPS_PROXY with NODE_USE_ENV_PROXY=1: the vendor and the identity provider through a proxy, and what destroys still sent once. */

import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Sandbox, startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'
import { type ConnectProxy, type Mood, startConnectProxy } from '../support/connect-proxy.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'

let certificates: Certificates
let sandbox: Sandbox
let vendor: Server
let proxy: ConnectProxy
let env: Record<string, string>
let service: ServiceProcess
let admin: Record<string, string>

beforeAll(async () => {
  certificates = makeCertificates()
  sandbox = await startSandbox({
    apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }],
    switches: { deletionTakes: 5 },
  })
  const { hostname, port } = new URL(sandbox.url)
  vendor = createServer({ cert: certificates.text('server.pem'), key: certificates.text('server.key') }, (req, res) => {
    const onward = request({ hostname, port, path: req.url, method: req.method, headers: { ...req.headers, host: `${hostname}:${port}` } })
    onward.on('response', (answer) => answer.pipe(res.writeHead(answer.statusCode!, answer.headers)))
    req.pipe(onward)
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  proxy = await startConnectProxy('bff:secret')
  env = {
    ...processEnv,
    SMOOCH_BASE_URL: `https://localhost:${(vendor.address() as AddressInfo).port}`,
    NODE_EXTRA_CA_CERTS: certificates.path('ca.pem'),
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    OIDC_ISSUER: 'https://issuer.example',
    OIDC_CLIENT_ID: 'bff',
    OIDC_CLIENT_SECRET: 'a secret of the client',
  }
  service = await startProcess(env)
  admin = await signIn(service)
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  vendor.closeAllConnections()
  await new Promise((resolve) => vendor.close(resolve))
  await sandbox.close()
  certificates[Symbol.dispose]()
})
beforeEach(() => {
  proxy.mood = 'passes'
  proxy.asked.length = 0
  sandbox.clearRequests()
})

const signIn = async ({ privateUrl }: ServiceProcess): Promise<Record<string, string>> => {
  const answer = await fetch(`${privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'bearer', roles: ['admin'], actor: { id: 'ada' } }),
  })
  return { authorization: `Bearer ${((await answer.json()) as { token: string }).token}` }
}

const ask = async (method: string, path: string, from = service, headers = admin) => {
  const answer = await fetch(`${from.publicUrl}/bff${path}`, { method, headers, redirect: 'manual' })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
const vendorsHost = () => `localhost:${(vendor.address() as AddressInfo).port}`
/** The service's own look at what is set up, at its start, asks the provider as well. */
const forVendor = () => proxy.asked.filter(({ host }) => host === vendorsHost())
const sends = (operation: string) => sandbox.requests.filter((it) => it.operation === operation).length

test('calls to the vendor go through the proxy, under its credentials; each that destroys by a connection of its own, once', async () => {
  for (const name of ['one', 'two']) sandbox.createUser(appId, { userId: name })
  expect((await ask('GET', '/v1.1/appusers/one')).status).toBe(200)
  const before = forVendor().length
  expect(before).toBeGreaterThan(0)
  for (const name of ['one', 'two']) expect((await ask('DELETE', `/v1.1/appusers/${name}`)).status).toBe(200)
  expect([sends('delete_app_user'), sandbox.user(appId, 'one'), sandbox.user(appId, 'two')]).toEqual([2, undefined, undefined])
  expect(forVendor().length - before).toBeGreaterThanOrEqual(2)
  const credentials = `Basic ${Buffer.from('bff:secret').toString('base64')}`
  expect(new Set(forVendor().map((it) => it.credentials))).toEqual(new Set([credentials]))
})

test('the identity provider is asked through it as well', async () => {
  proxy.mood = 'refuses'
  await ask('GET', '/auth/login', service, {})
  expect(proxy.asked.map(({ host }) => host)).toContain('issuer.example:443')
})

describe('a proxy that', () => {
  test.each<[Mood]>([['refuses'], ['asks who'], ['hangs up'], ['hangs up after 200'], ['says nothing']])(
    '%s: the deletion is recorded as not sent, nothing has reached the vendor, and it was tried once',
    async (mood) => {
      sandbox.createUser(appId, { userId: `stays ${mood}` })
      proxy.mood = mood
      const answer = await ask('DELETE', `/v1.1/appusers/${encodeURIComponent(`stays ${mood}`)}`)
      expect([502, 504]).toContain(answer.status)
      expect(answer.text).not.toContain('unknown')
      const { state } = JSON.parse((await ask('GET', `/ops/api/operations/${answer.headers.get('audit-operation')}`)).text) as {
        state: string
      }
      expect([state, sends('delete_app_user')]).toEqual(['not_sent', 0])
      // The look at what stands there may have had a connection already.
      expect([1, 2]).toContain(forVendor().length)
      expect(service.output()).not.toContain('secret@')
    },
  )
})

test.each([
  ['a host in NO_PROXY', { NO_PROXY: 'localhost' }],
  ['without NODE_USE_ENV_PROXY', { NODE_USE_ENV_PROXY: '0' }],
])('%s is asked directly', async (_name, more) => {
  await using direct = await startProcess({ ...env, ...more })
  sandbox.createUser(appId, { userId: 'direct' })
  expect((await ask('GET', '/v1.1/appusers/direct', direct, await signIn(direct))).status).toBe(200)
  expect(forVendor()).toEqual([])
})
