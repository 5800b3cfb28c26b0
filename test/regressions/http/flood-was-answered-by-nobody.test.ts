/** More came in than could be answered, so everything waited behind everything: the answers blamed the session store, and health, sign-out and deletions waited for twenty seconds. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bff, startBff } from '../../support/bff.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
const all = new AsyncDisposableStack()
let proxy: TestProxy
let bff: Bff
beforeAll(async () => {
  if (!redisInstalled()) return
  const redis = await startRedis()
  all.defer(() => redis.stop())
  proxy = all.use(await startProxy(redis.url))
  bff = all.use(await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } }))
})
afterAll(() => all.disposeAsync())

/** So many connections that ask the same in the same moment; what each is answered. */
const flood = async (count: number, path: string, headers: Record<string, string>) => {
  const { port } = new URL(bff.app.publicUrl)
  const head = Object.entries({ host: `localhost:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1')
      await once(socket, 'connect')
      return socket
    }),
  )
  const answers = sockets.map(async (socket) => {
    const [text] = (await once(socket, 'data')) as [string]
    socket.destroy()
    return text
  })
  for (const socket of sockets) socket.write(`GET /bff${path} HTTP/1.1\r\n${head.join('')}\r\n`)
  return await Promise.all(answers)
}

when(
  'of a flood as many are let in as can be answered, the others are told why, and health, sign-out and deletions do not wait',
  async () => {
    const me = await bff.signIn()
    const other = await bff.signIn({ userId: 'cust-2' })
    const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'boss' } })
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers: me })).status).toBe(200)
    // So long does each look-up of a session take that what came first is still there when what came last has waited in vain.
    proxy.delay(150)
    const coming = flood(600, '/v1.1/appusers/me', me)
    const health = bff.private('GET', '/livez', undefined, {})
    const signOut = bff.call('DELETE', '/auth/session', { headers: other })
    const deletion = bff.call('DELETE', '/v1.1/appusers/nobody-at-all', { headers: admin })
    const answers = await coming
    expect((await health).status).toBe(200)
    // A Redis without a processor may be late for them on a busy machine; shed they are not.
    const late = [503, 'session_store_unavailable']
    const told = async (call: typeof signOut) => [(await call).status, (await call).text && (await call).json.error.code]
    expect([[204, ''], late]).toContainEqual(await told(signOut))
    expect([[404, 'user_not_found'], late]).toContainEqual(await told(deletion))
    proxy.delay(0)
    const letIn = answers.filter((text) => text.startsWith('HTTP/1.1 200') || text.includes('"code":"session_store_unavailable"'))
    expect(letIn.length).toBeGreaterThanOrEqual(128)
    const turnedAway = answers.filter((text) => text.startsWith('HTTP/1.1 503') && text.includes('"code":"overloaded"'))
    expect(turnedAway.length).toBeGreaterThan(0)
    expect(turnedAway.length).toBe(600 - letIn.length)
    for (const text of turnedAway) {
      expect(text).toMatch(/\r\nRetry-After: [123]\r\n/)
      expect(/"requestId":"(\w+)/.exec(text)?.[1]).toBe(/X-Request-Id: (\w+)/.exec(text)?.[1])
    }
    const read = async (): Promise<number> => (await bff.call('GET', '/v1.1/appusers/me', { headers: me })).status
    // What Redis was asked meanwhile comes first.
    await until(async () => (await read()) === 200)
    expect(await read()).toBe(200)
    const counted = async (): Promise<number> =>
      Number(/bff_shed_total\{priority="others"\} (\d+)/.exec((await bff.private('GET', '/metrics', undefined, {})).text)?.[1] ?? 0)
    await until(async () => (await counted()) >= turnedAway.length)
    expect(await counted()).toBe(turnedAway.length)
  },
)

when('callers who send their bodies slowly keep nobody out', async () => {
  const me = await bff.signIn()
  const { port } = new URL(bff.app.publicUrl)
  const slow = (head: string) =>
    connect(Number(port), '127.0.0.1')
      .on('error', () => undefined)
      .setEncoding('latin1')
      .on('connect', function (this: ReturnType<typeof connect>) {
        this.write(`${head}\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`)
      })
  const heads = [
    'POST /bff/auth/session HTTP/1.1',
    `PUT /bff/v1.1/appusers/me HTTP/1.1\r\nAuthorization: ${me['authorization']}`,
    `DELETE /bff/v1.1/appusers/me HTTP/1.1\r\nAuthorization: ${me['authorization']}`,
  ]
  const sockets = Array.from({ length: 900 }, (_, at) => slow(heads[at % 3]!))
  try {
    await sleep(1_000)
    await until(() => sockets.filter(({ readyState }) => readyState === 'open').length > 300)
    expect((await bff.call('GET', '/auth/session', { headers: me })).status).toBe(200)
    expect((await bff.call('GET', '/v1.1/appusers/me', { headers: me })).status).toBe(200)
    expect((await bff.call('DELETE', '/auth/session', { headers: me })).status).toBe(204)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})
