/** Each alert of Prometheus fires when its fault is made: with the service, its Redis and its journal as they run, scraped before and after. */
import { closeSync, openSync, renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { alarmCodes } from '../../src/platform/alarms.ts'
import { appId, type Bff, type BffOptions, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'
import { type Figures, scrape, sumOf } from '../support/metrics.ts'
import { firesBetween, promtoolInstalled, rules } from '../support/promtool.ts'
import { startProxy, type TestProxy } from '../support/proxy.ts'
import { sendRaw } from '../support/raw.ts'
import { redisInstalled, startRedis } from '../support/redis.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const tried = new Set<string>()
const when = promtoolInstalled() && redisInstalled() ? test : test.skip

const times = (count: number, work: (at: number) => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)))

/** As Prometheus sees it: what cannot be scraped is down. */
const look = async (privateUrl: string): Promise<Figures> =>
  new Map([
    ...(await scrape(privateUrl).then(
      (figures) => [['up', 1] as const, ...figures],
      () => [['up', 0] as const],
    )),
  ])

const expectFires = (alert: string, before: Figures, after: Figures): void => {
  tried.add(alert)
  expect(firesBetween(alert, before, after)).toBe('')
}

/** `make` makes the fault and lasts until the figures can show it. */
const fires = (alert: string, fault: string, make: (bff: Bff) => Promise<unknown>, options: BffOptions = {}): void =>
  when(`${alert} fires when ${fault}`, async () => {
    await using bff = await startBff(options)
    const before = await look(bff.app.privateUrl)
    await make(bff)
    expectFires(alert, before, await look(bff.app.privateUrl))
  })

const agent = (bff: Bff) => bff.signIn({ kind: 'bearer', roles: ['agent', 'admin'], actor: { id: 'agent-7' } })
const read = async (bff: Bff, count: number): Promise<void> => {
  const headers = await agent(bff)
  await times(count, (at) => bff.call('GET', `/v1.1/appusers/person-${at}/channels`, { headers }))
}
const figure = (bff: Bff, name: string, labels?: Record<string, string>) => async (): Promise<number> =>
  sumOf(await scrape(bff.app.privateUrl), name, labels)

fires('SmoochBffFailing', 'the vendor answers 500', async (bff) => {
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', status: 500 })
  await read(bff, 8)
})

fires('SmoochBffSlow', 'the vendor takes five seconds', async (bff) => {
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', latency: 5_000 })
  await read(bff, 6)
})

when('SmoochBffEventLoopLate fires when the process is busy for a second at a time', async () => {
  await using bff = await startBff()
  // The start is busy too.
  const before = await until(
    () => look(bff.app.privateUrl),
    (figures) => sumOf(figures, 'nodejs_eventloop_lag_p99_seconds') <= 0.2,
    300,
  )
  for (let i = 0; i < 3; i++) {
    // To the event loop no different from work, and it takes no processor from other tests.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
    await sleep(1)
  }
  expectFires('SmoochBffEventLoopLate', before, await look(bff.app.privateUrl))
})

fires('SmoochBffVendorAway', 'the vendor resets every connection', async (bff) => {
  bff.sandbox.fault({ reset: true })
  await read(bff, 12)
  await until(async () => (await figure(bff, 'smooch_bff_circuit_open')()) === 1)
})

fires('SmoochBffVendorThrottles', 'the vendor answers 429', async (bff) => {
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', status: 429 })
  await read(bff, 2)
})

fires('SmoochBffVendorRefusesKey', 'the vendor answers 401', async (bff) => {
  bff.sandbox.fault({ status: 401 })
  await read(bff, 2)
})

fires('SmoochBffJournalGateClosed', 'the journal is taken away', async (bff) => {
  const headers = await agent(bff)
  renameSync(bff.journalFile, `${bff.journalFile}.gone`)
  await bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers })
  await until(async () => (await figure(bff, 'smooch_bff_journal_gate_open')()) === 0)
})

fires('SmoochBffOpenOperations', 'a deletion is answered by nothing clear', async (bff) => {
  const headers = await agent(bff)
  const { _id } = bff.sandbox.createUser(appId, { userId: 'lost' })
  bff.sandbox.fault({ operation: 'delete_app_user', status: 500 })
  expect((await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers })).json.error.code).toBe('upstream_unknown')
  // The reconciler looks every five seconds.
  await until(async () => (await figure(bff, 'smooch_bff_journal_open_operations')()) === 1)
})

fires(
  'SmoochBffGuessing',
  'somebody tries one service key after the other',
  (bff) => times(30, (at) => bff.private('POST', '/sessions', {}, { authorization: `Bearer guess-${at}` })),
  { env: { LIMIT_FAILURES: '3' } },
)

fires('SmoochBffAlarm', "the vendor answers a person's call with somebody else", async (bff) => {
  const headers = await bff.signIn({ kind: 'bearer', userId: 'cust-20481' })
  bff.sandbox.fault({ operation: 'get_app_user', body: { appUser: { _id: 'f'.repeat(24), userId: 'somebody-else' } }, status: 200 })
  await bff.call('GET', '/v1.1/appusers/me', { headers })
})

const mint = (privateUrl: string) =>
  fetch(`${privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } }),
  }).then((answer) => answer.text())

when(
  'SmoochBffJournalLags fires when events wait for a journal that is away, and SmoochBffJournalEventsLost when too many do',
  async () => {
    await using bff = await startBff()
    const before = await look(bff.app.privateUrl)
    renameSync(bff.journalFile, `${bff.journalFile}.gone`)
    await mint(bff.app.privateUrl)
    await until(async () => (await figure(bff, 'smooch_bff_journal_lag_seconds')()) > 0)
    for (let i = 0; i < 52; i++) await times(100, () => mint(bff.app.privateUrl))
    await until(async () => (await figure(bff, 'smooch_bff_journal_lost_total')()) > 0)
    await until(async () => (await figure(bff, 'smooch_bff_journal_lag_seconds')()) > 10)
    const after = await look(bff.app.privateUrl)
    expectFires('SmoochBffJournalEventsLost', before, after)
    expectFires('SmoochBffJournalLags', before, after)
  },
  // More than five thousand sessions are minted.
  600_000,
)

const behindProxy = async (make: (bff: Bff, proxy: TestProxy, redisUrl: string) => Promise<unknown>) => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const proxy = all.use(await startProxy(redis.url))
  const bff = all.use(await startBff({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } }))
  await until(async () => (await bff.private('GET', '/readyz')).status === 200)
  const before = await look(bff.app.privateUrl)
  await make(bff, proxy, redis.url)
  return [before, await look(bff.app.privateUrl)] as const
}

when('SmoochBffRedisDown fires when nothing answers at the address of Redis', async () => {
  const seen = await behindProxy(async (bff, proxy) => {
    proxy.open(false)
    await until(async () => {
      await fetch(`${bff.app.privateUrl}/readyz`)
      return (await figure(bff, 'smooch_bff_redis_up', { connection: 'sessions' })()) === 0
    })
  })
  expectFires('SmoochBffRedisDown', ...seen)
})

when('SmoochBffRedisSlow fires when the way to Redis takes a tenth of a second', async () => {
  const seen = await behindProxy(async (bff, proxy) => {
    const headers = await agent(bff)
    proxy.delay(60)
    for (let i = 0; i < 5; i++) await bff.call('GET', '/v1.1/appusers/nobody/channels', { headers })
  })
  expectFires('SmoochBffRedisSlow', ...seen)
})

when('SmoochBffRedisRefuses fires when the memory of Redis is full', async () => {
  await using all = new AsyncDisposableStack()
  const redis = await startRedis()
  all.defer(() => redis.stop())
  const bff = all.use(await startBff({ env: { REDIS_URL: redis.url } }))
  const before = await look(bff.app.privateUrl)
  const { Redis } = await import('ioredis')
  const client = new Redis(redis.url)
  await client.config('SET', 'maxmemory', '1')
  await mint(bff.app.privateUrl)
  const after = await look(bff.app.privateUrl)
  client.disconnect()
  expectFires('SmoochBffRedisRefuses', before, after)
})

when('SmoochBffOverloaded fires when more comes in than can be answered', async () => {
  const seen = await behindProxy(async (bff, proxy) => {
    const { authorization = '' } = await agent(bff)
    const { port, host } = new URL(bff.app.publicUrl)
    const request = `GET /bff/v1.1/appusers/nobody HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\n\r\n`
    // Thirty in one piece at each of thirty connections: all are there before the first session is found, however slow the machine is.
    proxy.delay(80)
    await times(30, () => sendRaw({ port: Number(port) }, request.repeat(30), { expect: 30 }))
    proxy.delay(0)
    // It is told once a second.
    await until(async () => (await figure(bff, 'smooch_bff_shed_total')()) > 0)
  })
  expectFires('SmoochBffOverloaded', ...seen)
})

when('SmoochBffLogDropped fires when there is no room for the log', async () => {
  const full = openSync('/dev/full', 'w')
  await using service = await startProcess(processEnv, { stdout: full })
  const dropped = async () => sumOf(await scrape(service.privateUrl), 'smooch_bff_log_dropped_total')
  await until(async () => (await dropped()) > 0)
  const before = await look(service.privateUrl)
  const seen = await dropped()
  await until(async () => (await dropped()) > seen)
  expectFires('SmoochBffLogDropped', before, await look(service.privateUrl))
  closeSync(full)
})

when('SmoochBffDown fires when the process has been killed', async () => {
  await using service = await startProcess(processEnv)
  const before = await look(service.privateUrl)
  service.child.kill('SIGKILL')
  await service.ended
  expectFires('SmoochBffDown', before, await look(service.privateUrl))
})

when('SmoochBffWorkerMissing fires when one of two workers hangs', async () => {
  const redis = await startRedis()
  await using all = new AsyncDisposableStack()
  all.defer(() => redis.stop())
  const service = all.use(await startProcess({ ...processEnv, WORKERS: '2', REDIS_URL: redis.url, DRAIN_DELAY_SECONDS: '0' }))
  const pids = () => [...service.output().matchAll(/"pid":(\d+)[^\n]*"msg":"ready"/g)].map(([, pid]) => Number(pid))
  await until(async () => pids().length === 2)
  const before = await look(service.privateUrl)
  process.kill(pids()[0]!, 'SIGSTOP')
  // Connections go to the workers in turn, so one of several scrapes meets the other one.
  const tries = Array.from({ length: 4 }, async () => {
    const figures = await scrape(service.privateUrl)
    return new Map([['up', 1] as const, ...figures])
  })
  const after = await Promise.any(tries)
  process.kill(pids()[0]!, 'SIGCONT')
  await Promise.allSettled(tries)
  expectFires('SmoochBffWorkerMissing', before, after)
})

when('each alert was tried, and those of alarms name alarms that exist', () => {
  expect(
    rules()
      .map(({ alert }) => alert)
      .filter((name) => !tried.has(name)),
  ).toEqual([])
  const codes = rules().flatMap(({ expr }) =>
    [...expr.matchAll(/smooch_bff_alarms_total\{code!?=~"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|')),
  )
  expect(codes.filter((code) => !(alarmCodes as string[]).includes(code))).toEqual([])
})
