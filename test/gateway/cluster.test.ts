/** Two replicas on a Redis Cluster of three nodes: what one ends, the other knows at once, and neither slots that move nor a node that fails lose anything. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type Bff, type Carried, patiently, startBff } from '../support/bff.ts'
import { redisInstalled } from '../support/redis.ts'
import { type RunningCluster, startCluster } from '../support/redis-topologies.ts'
import { until } from '../support/until.ts'

const when = redisInstalled() ? test : test.skip // Redis is not installed
const all = new AsyncDisposableStack()
let cluster: RunningCluster
let replicas: readonly [Bff, Bff]
beforeAll(async () => {
  if (!redisInstalled()) return
  cluster = await startCluster()
  all.defer(() => cluster.stop())
  const env = { REDIS_URL: cluster.url }
  const first = all.use(await startBff({ env }))
  replicas = [first, all.use(await startBff({ env, beside: first }))]
})
afterAll(() => all.disposeAsync())

const isIn = async (bff: Bff, headers: Carried): Promise<unknown> =>
  (await patiently(() => bff.call('GET', '/auth/session', { headers }))).json.signedIn

/** People on every node. */
const signIn = async (name: string, count: number): Promise<Carried[]> => {
  const [{ sandbox, signIn }] = replicas
  const users = Array.from({ length: count }, (_, at) => `${name}-${at}`)
  for (const userId of users) sandbox.createUser('69f0100f2a3b4c5d6e7f8091', { userId })
  return await Promise.all(users.map((userId) => signIn({ userId })))
}

/** Calls of all of them, and sign-outs of some, while the work goes on; then whoever was not signed out is here, and nobody else. */
const underCalls = async (name: string, work: () => Promise<void>): Promise<Set<string>> => {
  const [staying, leaving] = [await signIn(`${name}-stays`, 12), await signIn(`${name}-leaves`, 40)]
  const answers = new Set<string>()
  const left: Carried[] = []
  const noted = async (bff: Bff, method: string, path: string, headers: Carried): Promise<number> => {
    const answer = await bff.call(method, path, { headers })
    const { status } = answer
    answers.add(status < 300 ? String(status) : `${status} ${answer.json.error.code}`)
    return status
  }
  const over = new AbortController()
  const reading = staying.map(async (headers, at) => {
    for (; !over.signal.aborted; await sleep(50)) await noted(replicas[at % 2]!, 'GET', '/v1.1/appusers/me', headers)
  })
  const ending = (async () => {
    for (const [at, headers] of leaving.entries()) {
      if (over.signal.aborted) break
      const ended = (await noted(replicas[at % 2]!, 'DELETE', '/auth/session', headers)) === 204
      if (ended) left.push(headers)
      // Refusals come at once: without a longer pause all of them would have had theirs before the node is back.
      await sleep(ended ? 50 : 250)
    }
  })()
  await work()
  for (const bff of replicas)
    await until(
      () => Promise.all(staying.map((headers) => isIn(bff, headers))),
      (all) => all.every((it) => it === true),
    )
  over.abort()
  await Promise.all([...reading, ending])
  for (const bff of replicas) {
    expect(await Promise.all(staying.map((headers) => isIn(bff, headers)))).toEqual(staying.map(() => true))
    expect(await Promise.all(left.map((headers) => isIn(bff, headers)))).toEqual(left.map(() => false))
  }
  expect(left.length).toBeGreaterThan(0)
  return answers
}

when('what one process ends or changes, the other knows at once', async () => {
  const [one, other] = replicas
  for (const [at, headers] of (await signIn('told', 12)).entries()) {
    const call = (bff: Bff, method: string, path: string, json?: object) =>
      patiently(() => bff.call(method, path, { headers, ...(json && { json }) }))
    await call(other, 'GET', '/v1.1/appusers/me')
    const givenName = `Mina ${at}`
    expect((await call(one, 'PUT', '/v1.1/appusers/me', { givenName })).status).toBe(200)
    expect((await call(other, 'GET', '/v1.1/appusers/me')).json.appUser.givenName).toBe(givenName)
    await call(one, 'DELETE', '/auth/session')
    expect(await isIn(other, headers)).toBe(false)
  }
})

when('slots move from node to node under calls: calls may be refused for a moment, and nothing is lost', async () => {
  const nodes = cluster.nodes.map(({ port }) => new Redis({ port, host: '127.0.0.1' }))
  for (const node of nodes) all.defer(() => node.disconnect())
  const [from, to] = nodes as [Redis, Redis, Redis]
  const [fromId, toId] = await Promise.all([from, to].map(async (node) => String(await node.call('CLUSTER', 'MYID'))))
  let moved = 0
  const answers = await underCalls('moved', async () => {
    const slots = new Set(
      await Promise.all((await from.keys('bff:*')).map(async (key) => Number(await from.call('CLUSTER', 'KEYSLOT', key)))),
    )
    for (const slot of slots) {
      await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId!)
      await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId!)
      // One by one: some keys of a person are here, and some there.
      for (;;) {
        const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 1)) as string[]
        if (keys.length === 0) break
        await from.call('MIGRATE', '127.0.0.1', cluster.nodes[1]!.port, keys[0]!, 0, 5_000)
        moved += 1
      }
      for (const node of nodes) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId!)
    }
  })
  expect(moved).toBeGreaterThan(20)
  for (const it of ['200', '204', '503 session_store_unavailable']) answers.delete(it)
  expect(answers).toEqual(new Set())
})

when('a node fails and comes back: its people are told to come again, and nothing is lost', async () => {
  const [, failing, asked] = cluster.nodes
  const client = new Redis({ port: asked!.port, host: '127.0.0.1' })
  all.defer(() => client.disconnect())
  const answers = await underCalls('failed', async () => {
    failing!.process.kill('SIGSTOP')
    await until(async () => String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:fail'))
    await sleep(500)
    failing!.process.kill('SIGCONT')
  })
  expect(answers).toEqual(new Set(['200', '204', '503 session_store_unavailable']))
})
