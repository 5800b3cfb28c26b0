/** The guard: the order of intent and request, permits, outcomes, repeats, and what happens when the store does not answer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { Problem } from '../../src/contract/problems.ts'
import type { OpenOperation, ReplayedOperation } from '../../src/journal/guard/call-guard.ts'
import { countDenials } from '../../src/journal/guard/denials.ts'
import { type Permit, spendPermit } from '../../src/journal/guard/permit.ts'
import { acceptRollback } from '../../src/journal/maintenance.ts'
import { historyOf } from '../../src/journal/store/history.ts'
import type { Store } from '../../src/journal/store/journal-store.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { until } from '../support/until.ts'
import { windowOf } from '../support/window.ts'
import { deletion, leaving, makePlace, success } from './place.ts'

const begun = (it: OpenOperation | ReplayedOperation): OpenOperation => {
  if (it.replay) throw new Error('replayed')
  return it
}
const problem = async (work: Promise<unknown>): Promise<Problem> => {
  const caught = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(caught instanceof Problem)) throw new Error('a Problem was expected', { cause: caught })
  return caught
}

describe('the guard', () => {
  test('a call is an intent, then an outcome, sealed and searchable, and the log verifies', async () => {
    await using place = makePlace()
    await using it = await place.open()
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    expect(await op.end(success)).toEqual({ pending: false, index: op.index + 1 })
    const history = await historyOf(it.store, op.id)
    expect(history).toMatchObject({
      state: 'success',
      events: [
        {
          index: op.index,
          event: { kind: 'intent', context: { ipNet: '203.0.113.0/24' }, before: { state: 'captured', fields: ['givenName', 'email'] } },
        },
        { event: { kind: 'outcome', intentIndex: op.index } },
      ],
    })
    const text = JSON.stringify(await it.store.select('SELECT body FROM event'))
    for (const personal of ['cust-', 'Mina', 'mina@', 'Ada', '203.0.113.77', 'letter', 'curl']) expect(text).not.toContain(personal)
    expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true, findings: [], warnings: [] })
  })

  test('nothing goes out before the store has acknowledged the intent', async () => {
    await using place = makePlace()
    const store = await place.store()
    const order: string[] = []
    const slow: Store = {
      ...store,
      commit: async (entries, after) => {
        const done = await store.commit(entries, after)
        await sleep(60)
        order.push(`committed ${entries.map(({ event }) => event.kind).join()}`)
        return done
      },
    }
    await using it = await place.open({ store: slow })
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    order.push('sent')
    await op.end(success)
    expect(order.slice(-3)).toEqual(['committed intent', 'sent', 'committed outcome'])
  })

  test('a permit works once, for its own action, within its time; a forged one never', async () => {
    await using place = makePlace()
    await using it = await place.open({}, { permitMs: 1_000 })
    const one = await windowOf(1_000, async () => {
      const its = begun(await it.guard.begin(deletion()))
      expect(() => spendPermit(its.permit, 'merge_users')).toThrow('another action')
      spendPermit(its.permit, 'delete_app_user')
      return its
    })
    expect(() => spendPermit(one.permit, 'delete_app_user')).toThrow('spent')
    expect(() => spendPermit({ ...one.permit }, 'delete_app_user')).toThrow('forged')
    expect(() => spendPermit({ operation: one.id } as unknown as Permit, 'delete_app_user')).toThrow('forged')
    await one.end()
    expect((await historyOf(it.store, one.id))?.state).toBe('unknown')
    const two = begun(await it.guard.begin(deletion()))
    await sleep(1_100)
    expect(() => spendPermit(two.permit, 'delete_app_user')).toThrow('expired')
    await two.end()
    expect((await historyOf(it.store, two.id))?.state).toBe('not_sent')
  })

  test('a spent permit is never recorded as not sent', async () => {
    await using place = makePlace()
    await using it = await place.open()
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    await op.end({ outcome: 'not_sent' })
    expect((await historyOf(it.store, op.id))?.state).toBe('unknown')
  })

  test('a store that hangs: 503 within two seconds, the gate closes, and the late intent ends as not sent', async () => {
    await using place = makePlace()
    const store = await place.store()
    let hang: Promise<void> | undefined
    const hanging: Store = {
      ...store,
      commit: async (entries, after) => {
        await hang
        return store.commit(entries, after)
      },
    }
    await using it = await place.open({ store: hanging }, { beginMs: 200 })
    let release = (): void => {}
    hang = new Promise((resolve) => {
      release = resolve
    })
    const from = performance.now()
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    expect(performance.now() - from).toBeLessThan(30_000)
    expect(it.guard.status()).toMatchObject({ open: false })
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    hang = undefined
    release()
    await until(() => it.guard.status().open)
    await until(async () => (await store.select('SELECT state FROM operation')).every((row) => row['state'] === 'not_sent'))
    expect(await store.select('SELECT state FROM operation')).toHaveLength(1)
    expect(await verify(store)).toMatchObject({ ok: true })
  })

  test('an outcome that hangs: its caller goes on, then the gate closes, and it is in the log when the store answers', async () => {
    await using place = makePlace()
    const store = await place.store()
    const { promise, resolve } = Promise.withResolvers<void>()
    let hang: Promise<void> | undefined
    const hanging: Store = {
      ...store,
      commit: async (entries, after) => {
        await hang
        return store.commit(entries, after)
      },
    }
    await using it = await place.open({ store: hanging }, { endMs: 100, recordMs: 100 })
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    hang = promise
    expect(await op.end(success)).toEqual({ pending: true })
    await until(() => !it.guard.status().open)
    expect(it.guard.status()).toMatchObject({ cause: 'an outcome could not be recorded in time', waiting: 1 })
    hang = undefined
    resolve()
    await until(() => it.guard.status().open)
    expect((await historyOf(store, op.id))?.state).toBe('success')
  })

  test('a view is refused where it cannot be recorded, while the gate is still open', async () => {
    await using place = makePlace()
    const { store, leave, comeBack } = leaving(await place.store())
    await using it = await place.open({ store })
    leave()
    expect(await problem(it.guard.viewed(deletion(), { operation: 'op_1' }))).toMatchObject({ code: 'journal_unavailable', status: 503 })
    comeBack()
    await until(() => it.guard.status().open)
    await it.guard.viewed(deletion(), { operation: 'op_1' })
    expect(await it.store.select("SELECT 1 FROM event WHERE kind = 'viewed'")).toHaveLength(1)
  })

  test('an outcome that cannot be written is kept, the gate closes, and it is in the log when the store is back', async () => {
    await using place = makePlace()
    const store = await place.store()
    const fault = new Set<string>()
    const faulty: Store = {
      ...store,
      commit: (entries, after) => (fault.has('broken') ? Promise.reject(new Error('ENOSPC')) : store.commit(entries, after)),
      reopen: () => (fault.has('broken') ? Promise.reject(new Error('ENOSPC')) : store.reopen()),
    }
    await using it = await place.open({ store: faulty }, { endMs: 100 })
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    fault.add('broken')
    expect(await op.end(success)).toEqual({ pending: true })
    expect(it.guard.status()).toMatchObject({ open: false, waiting: 1, cause: 'ENOSPC' })
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    fault.clear()
    await until(() => it.guard.status().open)
    expect((await historyOf(store, op.id))?.state).toBe('success')
    expect(it.guard.status()).toMatchObject({ waiting: 0 })
  })

  test('a commit whose acknowledgement is lost is not written twice', async () => {
    await using place = makePlace()
    const store = await place.store()
    const fault = new Set<string>()
    const lossy: Store = {
      ...store,
      commit: async (entries, after) => {
        const done = await store.commit(entries, after)
        if (fault.delete('lose')) {
          throw new Error('connection reset')
        }
        return done
      },
    }
    await using it = await place.open({ store: lossy }, { endMs: 2000 })
    const op = begun(await it.guard.begin(deletion()))
    spendPermit(op.permit, 'delete_app_user')
    fault.add('lose')
    expect(await op.end(success)).toMatchObject({ pending: false })
    await until(() => it.guard.status().open)
    fault.add('lose')
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    await until(() => it.guard.status().open)
    expect((await store.select('SELECT state FROM operation ORDER BY seq')).map((row) => row['state'])).toEqual(['success', 'not_sent'])
    expect(await verify(store)).toMatchObject({ ok: true })
  })

  test('one Idempotency-Key: the first answer again, another body refused, a running call refused, an unknown one never sent again', async () => {
    await using place = makePlace()
    await using it = await place.open()
    const call = deletion({ idempotencyKey: 'k1' })
    const op = begun(await it.guard.begin(call))
    expect((await problem(it.guard.begin(call))).code).toBe('operation_pending')
    spendPermit(op.permit, 'delete_app_user')
    await op.end(success)
    const again = await it.guard.begin(call)
    expect(again).toEqual({ id: op.id, replay: success.response })
    expect(await it.guard.recall(call)).toEqual(again)
    expect((await problem(it.guard.begin({ ...call, request: { ...call.request, body: 'x' } }))).code).toBe('idempotency_key_reused')
    expect(begun(await it.guard.begin({ ...call, actor: { type: 'staff', id: 'idp1|other' } })).index).toBeGreaterThan(0)

    const lost = deletion({ idempotencyKey: 'k2' })
    const second = begun(await it.guard.begin(lost))
    spendPermit(second.permit, 'delete_app_user')
    await second.end()
    const unknown = await problem(it.guard.begin(lost))
    expect(unknown).toMatchObject({ code: 'operation_unknown', status: 504, particulars: { headers: { 'Audit-Operation': second.id } } })

    const unsent = deletion({ idempotencyKey: 'k3' })
    await begun(await it.guard.begin(unsent)).end()
    expect(begun(await it.guard.begin(unsent)).id).toMatch(/^op_/)
  })

  test('the same key a hundred times at once over three replicas leads to one permit', async () => {
    await using place = makePlace()
    await using one = await place.open()
    await using two = await place.open()
    await using three = await place.open()
    for (let round = 0; round < 10; round += 1) {
      const call = deletion({ idempotencyKey: `r${round}` })
      const all = await Promise.allSettled(Array.from({ length: 12 }, (_, at) => [one, two, three][at % 3]!.guard.begin(call)))
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const it of all) if (it.status === 'rejected') expect((it.reason as Problem).code).toBe('operation_pending')
    }
  })

  test('a flood of denied attempts is twenty events and one with a number', async () => {
    await using place = makePlace()
    const it = await place.open()
    for (let at = 0; at < 500; at += 1) it.guard.denied(deletion())
    await until(async () => Number((await it.store.select("SELECT count(*) AS n FROM event WHERE kind = 'denied'"))[0]!['n']) === 20)
    await it.guard.close()
    const store = await place.store()
    const rows = await store.select("SELECT body FROM event WHERE kind = 'denied' ORDER BY seq")
    await store.close()
    expect(rows).toHaveLength(21)
    expect(JSON.parse(String(rows[20]!['body']))).toMatchObject({ count: 480 })
  })

  test('of more than ten thousand who are denied the rest are counted as one, and each minute begins anew', () => {
    let now = 0
    const written: (number | undefined)[] = []
    const denials = countDenials(
      (_asked, count) => written.push(count),
      () => now,
    )
    const deny = (id: number) => denials.add(deletion({ actor: { type: 'staff', id: `idp1|${id}` } }))
    for (let id = 0; id < 10_050; id += 1) deny(id)
    expect(written).toHaveLength(10_020)
    now = 60_000
    for (let times = 0; times < 25; times += 1) deny(10_049)
    expect(written.slice(10_020)).toEqual([30, ...Array(20).fill(undefined)])
    denials.close()
    expect(written.slice(10_041)).toEqual([5])
  })

  test('a recorded call is one event, and nobody waits for it', async () => {
    await using place = makePlace()
    await using it = await place.open()
    it.guard.recorded(deletion({ action: 'update_app_user' }), success)
    await until(async () => (await it.store.select("SELECT 1 FROM operation WHERE state = 'success'")).length === 1)
    expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true })
  })

  test('a log that went back closes the gate until a person accepts it', async () => {
    await using place = makePlace()
    const first = await place.open()
    for (let at = 0; at < 5; at += 1) await begun(await first.guard.begin(deletion())).end()
    await until(async () => ((await place.anchor.highest(first.store.journal))?.size ?? 0) >= 12)
    const { journal } = first.store
    await first.guard.close()
    await place.anchor.raise(journal, { size: 999, root: 'AAAA' })
    await using it = await place.open()
    expect(it.guard.status()).toMatchObject({ open: false, cause: expect.stringContaining('went back from 999') })
    expect((await problem(it.guard.begin(deletion()))).code).toBe('journal_unavailable')
    await acceptRollback(it.store, place.anchor, 'ops')
    await until(() => it.guard.status().open)
    begun(await it.guard.begin(deletion()))
    expect(await verify(it.store, { anchors: [(await place.anchor.highest(journal))!] })).toMatchObject({ ok: true })
  })
})
