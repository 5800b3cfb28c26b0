/** What /metrics tells: by operation and outcome, from the start, without anything of a request, and of all workers at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { alarmCodes } from '../../../src/platform/alarms.ts'
import { metrics } from '../../../src/platform/metrics/table.ts'
import { appId, mina, startBff } from '../../support/bff.ts'
import { type Figures, parseMetrics, scrape, sumOf } from '../../support/metrics.ts'
import { sendRaw } from '../../support/raw.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']

describe('the table of metrics', () => {
  test.each(metrics)('%s is named as Prometheus has it', (name, { type, help, buckets }) => {
    expect(name).toMatch(/^smooch_bff_[a-z]+(_[a-z]+)*$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    if (type === 'histogram') expect([name.endsWith('_seconds'), buckets!.length > 4]).toEqual([true, true])
    expect(help).toMatch(/\.$/)
  })
})

test('each alarm has a series from the start, and so has what has known labels', async () => {
  await using bff = await startBff()
  const figures = await scrape(bff.app.privateUrl)
  for (const code of alarmCodes) expect([code, figures.get(`smooch_bff_alarms_total{code="${code}"}`)]).toEqual([code, 0])
  for (const outcome of ['hit', 'stale', 'miss', 'collapsed', 'bypass', 'error'])
    expect(figures.get(`smooch_bff_cache_reads_total{outcome="${outcome}"}`)).toBe(0)
  expect(figures.get(`smooch_bff_circuit_open{app="${appId}"}`)).toBe(0)
  // Events of the start itself may still wait.
  const waiting = async () => (await scrape(bff.app.privateUrl)).get('smooch_bff_journal_waiting_events')
  await until(async () => (await waiting()) === 0)
  for (const name of ['smooch_bff_log_dropped_total', 'smooch_bff_journal_lost_total']) expect([name, figures.get(name)]).toEqual([name, 0])
  expect([figures.get('smooch_bff_journal_gate_open'), figures.get('smooch_bff_processes')]).toEqual([1, 1])
})

test('calls are counted by operation, outcome, cache, limit and session', async () => {
  await using bff = await startBff({ env: { LIMIT_CODES: '1', ...(redisUrl && { REDIS_URL: redisUrl }) } })
  const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
  for (let i = 0; i < 3; i++) expect((await bff.call('GET', '/v1.1/appusers/me', { headers: own })).status).toBe(200)
  expect((await bff.call('GET', '/v1.1/appusers/me/authcode', { headers: own })).status).toBe(200)
  expect((await bff.call('GET', '/v1.1/appusers/me/authcode', { headers: own })).status).toBe(429)
  expect((await bff.call('DELETE', '/auth/session', { headers: own })).status).toBe(204)
  await until(async () => sumOf(await scrape(bff.app.privateUrl), 'smooch_bff_sessions_ended_total') === 1)
  const figures = await scrape(bff.app.privateUrl)
  const of = (name: string, labels: Record<string, string> = {}) => sumOf(figures, name, labels)
  expect(of('smooch_bff_requests_total', { operation: 'get_app_user', status: '200' })).toBe(3)
  expect(of('smooch_bff_request_seconds_count', { operation: 'get_app_user' })).toBe(3)
  expect(of('smooch_bff_requests_total', { operation: 'get_app_user_auth_code', code: 'too_many_requests' })).toBe(1)
  expect(of('smooch_bff_limited_total', { limit: 'codes' })).toBe(1)
  expect([of('smooch_bff_cache_reads_total', { outcome: 'miss' }), of('smooch_bff_cache_reads_total', { outcome: 'hit' })]).toEqual([1, 2])
  // Making the session looked for the person, too.
  expect(of('smooch_bff_upstream_calls_total', { operation: 'get_app_user', outcome: 'success' })).toBe(2)
  expect(of('smooch_bff_upstream_seconds_count', { operation: 'get_app_user' })).toBe(2)
  for (const state of ['running', 'waiting'])
    expect(figures.get(`smooch_bff_bulkhead_calls{app="${appId}",class="reads",state="${state}"}`)).toBe(0)
  expect(of('smooch_bff_sessions_issued_total', { how: 'new' })).toBe(1)
  // The scrape itself is under way.
  expect(of('smooch_bff_in_flight_requests')).toBe(1)
  expect(of('smooch_bff_journal_events')).toBeGreaterThan(0)
  if (!redisUrl) return
  for (const connection of ['sessions', 'cache', 'journal']) expect(of('smooch_bff_redis_up', { connection })).toBe(1)
  expect(of('smooch_bff_redis_seconds_count', { connection: 'sessions' })).toBeGreaterThan(5)
})

test('what callers send makes no series', async () => {
  await using bff = await startBff()
  const agent = await bff.signIn({ kind: 'bearer', roles: ['agent'], actor: { id: 'agent-7' } })
  const around = async (round: string): Promise<Figures> => {
    for (let i = 0; i < 20; i++) {
      await bff.call('GET', `/v1.1/appusers/person-${round}-${i}`, { headers: agent })
      await bff.call('GET', `/nowhere/${round}-${i}`, { headers: { ...agent, 'User-Agent': `${round}-${i}` } })
      await bff.call('GET', `/v1.1/apps/${'0'.repeat(22)}${10 + i}/appusers/x`, { headers: agent })
    }
    await until(async () => sumOf(await scrape(bff.app.privateUrl), 'smooch_bff_in_flight_requests') === 1)
    return await scrape(bff.app.privateUrl)
  }
  const first = await around('first')
  const second = await around('second')
  const ours = (figures: Figures) => [...figures.keys()].filter((series) => series.startsWith('smooch_bff_'))
  expect(ours(second)).toEqual(ours(first))
  expect(ours(second).filter((series) => /person-|agent-7|nowhere|first-|second-/.test(series))).toEqual([])
})

test('what cannot be read is counted too', async () => {
  await using bff = await startBff()
  await sendRaw({ port: Number(new URL(bff.app.publicUrl).port) }, 'GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n')
  await until(async () => sumOf(await scrape(bff.app.privateUrl), 'smooch_bff_requests_total', { operation: 'unreadable' }) === 1)
})

// Without a Redis the second worker would not know the first one's sessions.
;(redisUrl ? describe : describe.skip)('several workers', () => {
  const start = async () => {
    const service = await startProcess({ ...processEnv, WORKERS: '2', REDIS_URL: redisUrl!, DRAIN_DELAY_SECONDS: '0' })
    const pids = () => [...service.output().matchAll(/"pid":(\d+)[^\n]*"msg":"ready"/g)].map(([, pid]) => Number(pid))
    await until(async () => pids().length === 2)
    return { service, pids }
  }
  /** A connection for each, so that both workers have some. */
  const ask = async (publicUrl: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await fetch(`${publicUrl}/bff/auth/session`, { headers: { Connection: 'close' } })
  }
  const asked = (figures: Figures) => sumOf(figures, 'smooch_bff_requests_total', { operation: 'other', status: '200' })

  test.concurrent('are one to whoever scrapes: totals are summed, states are not, and no total falls when a worker ends', async () => {
    const { service, pids } = await start()
    await using _service = service
    const { publicUrl, privateUrl } = service
    await ask(publicUrl, 40)
    const before = await scrape(privateUrl)
    // The scrapes before are among them, and each one sees those that have ended.
    expect(asked(before)).toBeGreaterThanOrEqual(40)
    const scrapes = await Promise.all(Array.from({ length: 10 }, () => scrape(privateUrl)))
    for (const figures of scrapes) {
      expect(asked(figures)).toBeGreaterThanOrEqual(asked(before))
      expect(sumOf(figures, 'smooch_bff_processes')).toBe(2)
      expect(sumOf(figures, 'smooch_bff_journal_gate_open')).toBe(1)
      expect(sumOf(figures, 'smooch_bff_redis_up', { connection: 'sessions' })).toBe(1)
      expect(sumOf(figures, 'smooch_bff_circuit_open')).toBe(0)
      expect(figures.get('smooch_bff_alarms_total{code="journal_gate"}')).toBe(0)
    }
    const seen = asked(await scrape(privateUrl))
    await sleep(5_000)
    process.kill(pids()[0]!, 'SIGKILL')
    await until(async () => pids().length === 3)
    const after = await scrape(privateUrl)
    expect(asked(after)).toBeGreaterThanOrEqual(seen)
    // Nor is it counted twice: forty calls and a few scrapes.
    expect(asked(after)).toBeLessThan(80)
    expect(sumOf(after, 'smooch_bff_processes')).toBe(2)
    expect(sumOf(after, 'smooch_bff_request_seconds_count', { operation: 'other' })).toBeGreaterThanOrEqual(seen)
  })

  test.concurrent('one that is stopped keeps its totals and loses its states', async () => {
    const { service, pids } = await start()
    await using _service = service
    await ask(service.publicUrl, 40)
    const seen = asked(await scrape(service.privateUrl))
    // Connections go to the workers in turn, so one of several scrapes meets the other one.
    process.kill(pids()[0]!, 'SIGSTOP')
    const tries = Array.from({ length: 4 }, async () => {
      const answer = await fetch(`${service.privateUrl}/metrics`, { headers: { Connection: 'close' }, signal: AbortSignal.timeout(60_000) })
      return await answer.text()
    })
    const text = await Promise.any(tries)
    process.kill(pids()[0]!, 'SIGCONT')
    await Promise.allSettled(tries)
    const figures = parseMetrics(text)
    expect(sumOf(figures, 'smooch_bff_processes')).toBe(1)
    expect(asked(figures)).toBeGreaterThanOrEqual(seen)
  })
})
