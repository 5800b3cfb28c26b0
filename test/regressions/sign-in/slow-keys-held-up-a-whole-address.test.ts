/** Who proves a token waits for a turn of the own address, and an issuer whose keys were slow to come held it: everybody at that address waited, with tokens of another issuer too. And when its keys came as an error, right tokens counted as guesses. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Bff, startBff } from '../../support/bff.ts'
import { startProvider, type TestProvider } from '../../support/provider.ts'
import { until } from '../../support/until.ts'

const audience = 'api://bff'
const client = 'bff-web'
const now = () => Math.floor(Date.now() / 1000)

/** An issuer whose keys come when the test says so. */
const startIssuer = async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] })
  let asked = 0
  let answer = Promise.withResolvers<{ status: number; body: string }>()
  const server = createServer(async (req, res) => {
    if (req.url !== '/keys') return void res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
    asked += 1
    const { status, body } = await answer.promise
    res.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    asked: () => asked,
    hold: () => {
      answer = Promise.withResolvers()
    },
    give: (status = 200, body = keys) => answer.resolve({ status, body }),
    sign: (claims: Record<string, unknown>, kid = 'k', typ = 'JWT') =>
      new SignJWT({ iss: issuer, iat: now(), exp: now() + 120, jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid, typ })
        .sign(privateKey),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

let slow: Awaited<ReturnType<typeof startIssuer>>
let quick: TestProvider
let bff: Bff
const folder = mkdtempSync(join(tmpdir(), 'bff-providers-'))
const limit = 3

beforeAll(async () => {
  quick = await startProvider()
})
beforeEach(async () => {
  slow = await startIssuer()
  const file = join(folder, `${randomUUID()}.yaml`)
  const row = (id: string, issuer: string) =>
    `- id: ${id}\n  issuer: ${issuer}\n  audience: ${audience}\n  client: { id: ${client}, secret: a-secret-of-sixteen-or-more }\n  claims: { prefix: '${id}:' }\n`
  writeFileSync(file, row('slow', slow.issuer) + row('quick', quick.issuer))
  bff = await startBff({ env: { OIDC_PROVIDERS_FILE: file, LIMIT_FAILURES: String(limit) } })
})
afterEach(async () => {
  slow.give()
  await bff[Symbol.asyncDispose]()
  slow.stop()
})
afterAll(async () => {
  await quick.stop()
  rmSync(folder, { recursive: true, force: true })
})

const exchange = async (subject_token: string): Promise<number> => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const subject_token_type = 'urn:ietf:params:oauth:token-type:id_token'
  return (await bff.call('POST', '/auth/session', { json: { grant_type, subject_token_type, subject_token } })).status
}
const logout = async (logout_token: string): Promise<number> =>
  (await bff.call('POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token }) })).status

const ofPerson = () => ({ sub: randomUUID(), aud: audience })
const ofLogout = () => ({ sub: randomUUID(), aud: client, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
const quickly = (claims: Record<string, unknown>, typ?: string) =>
  quick.sign({ iat: now(), exp: now() + 120, jti: randomUUID(), ...claims }, typ ? { typ } : {})
const untilAsked = async (times: number) => {
  await until(() => slow.asked() >= times)
}

test('while one issuer is slow, tokens of another are exchanged and logouts taken, at the same address', async () => {
  const waiting = await Promise.all(Array.from({ length: 6 }, () => slow.sign(ofPerson())))
  let done = 0
  const held = waiting.map((token) => exchange(token).finally(() => (done += 1)))
  const heldLogout = logout(await slow.sign(ofLogout(), 'k', 'logout+jwt')).finally(() => (done += 1))
  await untilAsked(1)
  expect(await exchange(await quickly(ofPerson()))).toBe(200)
  expect(await logout(await quickly(ofLogout(), 'logout+jwt'))).toBe(200)
  // A guess is told at once as well.
  expect(await exchange('x.y.z')).toBe(401)
  expect([done, slow.asked()]).toEqual([0, 1])
  slow.give()
  expect(await Promise.all([...held, heldLogout])).toEqual(Array(7).fill(200))
  expect(slow.asked()).toBe(1)
})

test('a key that nobody knows makes nobody wait either', async () => {
  slow.give()
  expect(await exchange(await slow.sign(ofPerson()))).toBe(200)
  slow.hold()
  // The cool-down holds it back from asking again.
  expect(await exchange(await slow.sign(ofPerson(), 'unknown'))).toBe(401)
  expect(slow.asked()).toBe(1)
})

test.each([
  ['an error', 500, ''],
  ['a page', 200, '<html>'],
  ['no key set', 200, '{}'],
])('keys that come as %s are the fault of the issuer, and nobody is counted as guessing', async (_what, status, body) => {
  slow.give(status, body)
  for (let turn = 0; turn < 2 * limit; turn += 1) expect(await exchange(await slow.sign(ofPerson()))).toBe(503)
  for (let turn = 0; turn < 2 * limit; turn += 1) expect(await logout(await slow.sign(ofLogout(), 'k', 'logout+jwt'))).toBe(503)
  expect(await exchange(await quickly(ofPerson()))).toBe(200)
})

test('guesses under the name of an issuer are still counted', async () => {
  slow.give()
  const forged = async () => `${(await slow.sign(ofPerson())).slice(0, -6)}AAAAAA`
  const answers: number[] = []
  for (let turn = 0; turn < limit + 2; turn += 1) answers.push(await exchange(await forged()))
  expect(answers).toEqual([...Array(limit).fill(401), 429, 429])
  expect(await exchange(await slow.sign(ofPerson()))).toBe(429)
})
