/** The recipes of docs/sign-in.md, as they stand there. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, mina, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'
import { clientSecret, startProvider, type TestProvider } from '../support/provider.ts'
import { createWalker } from '../support/walk.ts'

const text = readFileSync(new URL('../../docs/sign-in.md', import.meta.url), 'utf8')
const block = (kind: 'env' | 'sh', name: string): string => {
  const found = new RegExp(`\`\`\`${kind} ${name}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  if (!found) throw new Error(`docs/sign-in.md has no ${kind} ${name}`)
  return found
}
const settings = (name: string): Record<string, string> =>
  Object.fromEntries(
    block('env', name)
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

let provider: TestProvider
let bff: Bff
beforeAll(async () => {
  provider = await startProvider()
  const here = (env: Record<string, string>) =>
    Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('https://id.example.com', provider.issuer)]))
  const env = { ...here(settings('recipe-1')), ...here(settings('recipe-3')), OIDC_CLIENT_SECRET: clientSecret }
  bff = await startBff({ env })
  provider.register(bff.app.origins, '')
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
  await provider.stop()
})

const run = async (name: string, more: Record<string, string> = {}): Promise<Record<string, unknown>> => {
  const env = { ...process.env, BFF: `${bff.app.publicUrl}/bff`, PRIVATE: bff.app.privateUrl, SERVICE_KEY: canaryServiceKey, ...more }
  const { stdout } = await promisify(execFile)('bash', ['-euc', block('sh', name)], { env })
  return stdout ? (JSON.parse(stdout) as Record<string, unknown>) : {}
}
const me = async (headers: Record<string, string>) => (await bff.call('GET', '/v1.1/appusers/me', { headers })).status

test('1: the settings are enough to sign in with a browser', async () => {
  const [origin = ''] = bff.app.origins
  const path = /href="([^"]+)"/.exec(text)![1]!
  const walker = createWalker()
  expect((await walker.signIn(`${origin}${path}`, mina.userId)).to).toBe('/chat')
  expect(await me(walker.headers(origin))).toBe(200)
})

test('2: the backend mints a cookie, and ends what it began', async () => {
  const { setCookie } = await run('recipe-2')
  const headers = { cookie: String(setCookie).split(';')[0]!, 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' }
  expect(await me(headers)).toBe(200)
  await run('recipe-2-changes')
  expect(await me(headers)).toBe(401)
})

test('3: a mobile app exchanges its token and refreshes', async () => {
  const now = Math.floor(Date.now() / 1000)
  const idToken = await provider.sign({ sub: 'mobile', aud: 'api://bff', iat: now, exp: now + 60 })
  const first = await run('recipe-3', { ID_TOKEN: idToken })
  expect(await me({ authorization: `Bearer ${first['access_token']}` })).toBe(200)
  const second = await run('recipe-3-refresh', { REFRESH_TOKEN: String(first['refresh_token']) })
  expect(await me({ authorization: `Bearer ${second['access_token']}` })).toBe(200)
})
