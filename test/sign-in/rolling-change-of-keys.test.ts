/** Keys and peppers change on one replica after the other, while people sign in: each begins at one and ends at another. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type Bff, pepper, startBff } from '../support/bff.ts'
import { canaryPepper, canarySessionKey } from '../support/canaries.ts'
import { startProvider } from '../support/provider.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'
import { createWalker } from '../support/walk.ts'
import { providerEnv } from '../support/with-provider.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed

/** One address, behind which the replica is changed. */
const front = async () => {
  let port = 0
  const server = createServer((req, res) => {
    const through = request(
      { host: '127.0.0.1', port, method: req.method, path: req.url, headers: req.headers, agent: false },
      (answer) => {
        res.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(res)
      },
    )
    req.pipe(through)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    lead: (bff: Bff) => {
      port = Number(new URL(bff.app.publicUrl).port)
    },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

when('what begins at a replica with the former keys ends at one with the new ones, and the other way round', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const provider = await startProvider()
  all.defer(() => provider.stop())
  provider.accounts.set('ada', { name: 'Ada Admin', roles: ['support-lead'] })
  using address = await front()
  const { origin } = address
  const env = { REDIS_URL: redis.url, PUBLIC_ORIGIN: origin, ...providerEnv(provider) }
  const [k1, p1] = [`k1:${canarySessionKey}`, `p1:${pepper}`]
  const [k2, p2] = [`k2:${canarySessionKey}-new`, `p2:${canaryPepper}-new`]
  const former = all.use(await startBff({ env: { ...env, SESSION_KEYS: k1, SESSION_PEPPERS: p1 } }))
  const between = all.use(await startBff({ beside: former, env: { ...env, SESSION_KEYS: `${k1},${k2}`, SESSION_PEPPERS: `${p1},${p2}` } }))
  const next = all.use(await startBff({ beside: former, env: { ...env, SESSION_KEYS: `${k2},${k1}`, SESSION_PEPPERS: `${p2},${p1}` } }))
  provider.register([origin], `${origin}/bff/auth/backchannel-logout`)

  const walker = createWalker()
  const ask = async (bff: Bff, path: string, method = 'GET') => {
    address.lead(bff)
    const answer = await fetch(`${origin}/bff${path}`, { method, headers: walker.headers(origin) })
    return { status: answer.status, ...((await answer.json()) as { signedIn?: boolean; roles?: string[]; sessionId?: string }) }
  }
  /** Signs in, and goes on at the other replica when the provider sends the browser back. */
  const across = async (from: Bff, to: Bff, query = '') => {
    address.lead(from)
    let at = await walker.visit(`${origin}/bff/auth/login${query}`)
    for (let steps = 0; steps < 15; steps += 1) {
      const location = at.headers.get('location')
      const form = /<form[^>]*action="([^"]+)"/.exec(at.text)
      if (location) {
        const url = new URL(location, at.url).href
        if (url.startsWith(origin)) address.lead(to)
        at = await walker.visit(url)
      } else if (form) {
        const hidden = [...at.text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!])
        const body = new URLSearchParams({ login: 'ada', password: 'x', ...Object.fromEntries(hidden) })
        at = await walker.visit(new URL(form[1]!, at.url).href, { method: 'POST', body })
      } else break
    }
    return { ...(await ask(to, '/auth/session')), status: at.status }
  }
  const isIn = { status: 200, signedIn: true, roles: ['user', 'admin'] }

  expect(await across(former, between)).toMatchObject(isIn)
  expect(await across(between, next)).toMatchObject(isIn)
  const first = await across(next, between)
  expect(first).toMatchObject(isIn)
  for (const [from, to] of [
    [between, next],
    [next, between],
  ] as const) {
    expect(await across(from, to, '?stepUp=1')).toMatchObject({ ...isIn, sessionId: first.sessionId })
    expect(await ask(to, '/v1.1/appusers/cust-20481/profile', 'DELETE')).toMatchObject({ status: 200 })
  }
  // Their ends are heard on both sides.
  await next.private('POST', '/sessions/end', { userId: 'ada' })
  for (const bff of [between, next]) expect(await ask(bff, '/auth/session')).toMatchObject({ signedIn: false })
})
