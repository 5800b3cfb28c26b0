/** A thread of the SQLite journal that ended by itself (memory ran out, an error that nobody caught) was gone for good: guarded calls, or all reading, were refused until somebody restarted the process. */
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Problem } from '../../../src/contract/problems.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { createReaders } from '../../../src/journal/readers.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

/** The threads in the order of their start: the one that writes, the guard's reader, the one for people. */
const threads: Worker[] = []
const started = (worker: Worker): void => void threads.push(worker)
beforeEach(() => {
  threads.length = 0
  process.on('worker', started)
})
afterEach(() => void process.off('worker', started))

const hasEnded = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('exit', resolve))

const ways: Record<string, (worker: Worker) => void> = {
  'by an exit': (worker) => void worker.terminate(),
  // It takes the message apart before it catches anything.
  'by an error that nobody caught': (worker) => worker.postMessage(null),
}

describe.each(Object.keys(ways))('%s', (way) => {
  test.each([
    ['the one that writes', 0],
    ["the guard's reader", 1],
  ])('%s: calls are refused or recorded, and all goes on', async (_, which) => {
    await using place = makePlace()
    const causes: unknown[] = []
    await using it = await place.open({ onGate: ({ cause }) => void causes.push(cause) })
    await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
    const calls = Array.from({ length: 20 }, () => it.guard.begin(deletion()))
    const exit = hasEnded(threads[which]!)
    ways[way]!(threads[which]!)
    const all = await Promise.allSettled(calls)
    await exit
    for (const call of all)
      if (call.status === 'fulfilled') await (call.value as OpenOperation).end(success)
      else expect(call.reason instanceof Problem && call.reason.code).toBe('journal_unavailable')

    const next = await it.guard.begin(deletion()).catch((error: unknown) => error)
    if (next instanceof Problem) {
      await until(() => it.guard.status().open)
      expect(causes).toContainEqual(expect.stringContaining('the thread of the journal has ended'))
    } else await (next as OpenOperation).end(success)
    await ((await it.guard.begin(deletion())) as OpenOperation).end(success)
    expect(await it.store.select("SELECT 1 FROM operation WHERE state = 'pending'")).toHaveLength(0)
    expect(await verify(it.store)).toMatchObject({ ok: true, findings: [] })
  })

  test('the one for people: who reads then is told so, and the next reads', async () => {
    await using place = makePlace()
    await using it = await place.open()
    const { source } = createReaders(it.store)
    const look = () => source.select('SELECT count(*) AS events FROM event')
    await look()
    const exit = hasEnded(threads[2]!)
    ways[way]!(threads[2]!)
    const last = await look().catch((error: unknown) => error)
    if (last instanceof Error) expect(last instanceof Problem && last.code).toBe('journal_unreadable')
    await exit
    expect(await look()).toHaveLength(1)
    expect(it.guard.status().open).toBe(true)
  })
})

test('the service: a deletion is refused with 503 and an alarm, nothing is sent; then it is done', async () => {
  await using bff = await startBff()
  const admin = await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } })
  const remove = () => bff.call('DELETE', '/v1.1/appusers/cust-20481', { headers: { ...admin, 'audit-reason': 'gdpr_request' } })
  const deletions = () => bff.sandbox.requests.filter(({ method }) => method === 'DELETE')
  // It ends while the call looks up its user, or has its intent written.
  const exit = hasEnded(threads[0]!)
  threads[0]!.postMessage(null)
  const [answer] = await Promise.all([remove(), exit])
  if (answer.status !== 200) {
    expect([answer.status, answer.json.error.code]).toEqual([503, 'journal_unavailable'])
    expect(deletions()).toHaveLength(0)
    expect(bff.lines).toContainEqual(expect.objectContaining({ alarm: 'journal_gate', open: false }))
    await until(() => bff.lines.some(({ msg, open }) => msg === 'journal gate' && open === true))
    expect((await remove()).status).toBe(200)
  }
  expect(deletions()).toHaveLength(1)
})

test('the service: each thread that ends by itself is an alarm, also while nothing is asked; those that end at the stop are none', async () => {
  const all = new AsyncDisposableStack()
  await using _end = all
  const bff = all.use(await startBff())
  const ended = () => bff.lines.filter(({ alarm }) => alarm === 'journal_thread').map(({ thread }) => thread)
  const auditor = await bff.signIn({ kind: 'service', roles: ['auditor'], actor: { id: 'reads' } })
  const read = () => bff.call('GET', '/ops/api/operations', { headers: auditor })
  expect((await read()).status).toBe(200)
  // Those that replace them, and the one that verifies, come to the list meanwhile.
  for (const worker of threads.slice(0, 3)) ways['by an error that nobody caught']!(worker)
  await until(() => ended().length === 3)
  expect(new Set(ended())).toEqual(new Set(['console', 'reader', 'writer']))
  expect(bff.lines.find(({ alarm }) => alarm === 'journal_thread')).toMatchObject({ cause: { name: 'TypeError' } })
  expect((await read()).status).toBe(200)
  await all.disposeAsync()
  expect(ended()).toHaveLength(3)
})

test('a thread that cannot begin is not started with every call, and is once it can', async () => {
  await using place = makePlace()
  const ended: string[] = []
  await using store = Object.assign(await place.store({ onThreadEnd: (thread) => void ended.push(thread) }), {
    [Symbol.asyncDispose]: () => store.close(),
  })
  const exits = [threads[1]!].map(hasEnded)
  void threads[1]!.terminate()
  await Promise.all(exits)
  const fail = (worker: Worker): void => worker.postMessage(null)
  process.on('worker', fail)
  try {
    const look = () => store.select('SELECT 1').catch((error: Error) => error.message)
    const [before, since] = [threads.length, performance.now()]
    for (let times = 0; times < 200; times += 1) expect(await look()).toBe('the thread of the journal has ended')
    // One now, and at most one for each second that this took.
    expect(threads.length - before).toBeLessThanOrEqual(1 + (performance.now() - since) / 1_000)
  } finally {
    process.off('worker', fail)
  }
  expect(await until(() => store.select('SELECT 1').catch(() => undefined))).toHaveLength(1)
})
