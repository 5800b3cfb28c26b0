/** The checker against an upstream of its own: it finds out what can be known by reading, and leaves the rest to a person. */
import { describe, expect, test } from '@jest/globals'
import type { GuardedCall, OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { createReconciler } from '../../src/journal/reconcile/reconciler.ts'
import type { AppUserSeen } from '../../src/journal/reconcile/verdicts.ts'
import { historyOf } from '../../src/journal/store/history.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { deletion, makePlace } from './place.ts'

const idOf = (n: number): string => n.toString(16).padStart(24, '0')
const user = (n: number): AppUserSeen => ({
  _id: idOf(n),
  givenName: `Name ${n}`,
  properties: { plan: 'gold' },
  clients: [{ id: `c${n}`, platform: 'twilio' }],
})

type Act = (users: Map<string, AppUserSeen>, id: string, other: string) => void
const cases: Record<string, { path: (id: string) => string; act: Act }> = {
  delete_app_user: { path: (id) => `/v1.1/apps/a/appusers/${id}`, act: (users, id) => users.delete(id) },
  delete_app_user_profile: {
    path: (id) => `/v1.1/apps/a/appusers/${id}/profile`,
    act: (users, id) => users.set(id, { _id: id, properties: {}, clients: users.get(id)!.clients! }),
  },
  unlink_app_user: {
    path: (id) => `/v1.1/apps/a/appusers/${id}/channels/twilio`,
    act: (users, id) => users.set(id, { ...users.get(id)!, clients: [] }),
  },
  link_app_user: {
    path: (id) => `/v1.1/apps/a/appusers/${id}/channels`,
    act: (users, id) => users.set(id, { ...users.get(id)!, pendingClients: [{ id: 'p1', platform: 'messenger' }] }),
  },
  merge_users: { path: () => '/v1.1/apps/a/appusers/merge', act: (users, _id, other) => users.delete(other) },
}

async function world() {
  const place = makePlace()
  let ahead = 0
  const it = await place.open()
  const users = new Map<string, AppUserSeen>()
  const fault = { status: 0 as number }
  const checker = createReconciler({
    journal: it.journal,
    clock: () => performance.now() + ahead,
    read: (_tenant, id) => {
      if (fault.status) return Promise.resolve({ status: fault.status })
      const found = users.get(id)
      return Promise.resolve(found ? { status: 200, appUser: found } : { status: 404 })
    },
  })
  let last = 0
  const call = (action: string, more: Partial<GuardedCall> = {}): GuardedCall => {
    last += 2
    const [one, two] = [user(last), user(last + 1)]
    users.set(one._id!, one)
    users.set(two._id!, two)
    const merge = action === 'merge_users'
    return deletion({
      action,
      targets: merge
        ? [
            { role: 'surviving', smoochId: one._id! },
            { role: 'discarded', smoochId: two._id! },
          ]
        : [{ role: 'subject', smoochId: one._id! }],
      request: { method: 'DELETE', path: cases[action]!.path(one._id!) },
      before: { state: 'captured', image: merge ? { surviving: one, discarded: two } : one, fields: ['all'] },
      ...more,
    })
  }
  return {
    ...it,
    users,
    fault,
    checker,
    call,
    later: (ms: number) => {
      ahead += ms
    },
    /** Sent, and no answer came. */
    lose: async (asked: GuardedCall, applied: boolean): Promise<OpenOperation> => {
      const op = (await it.guard.begin(asked)) as OpenOperation
      spendPermit(op.permit, asked.action)
      const [id, other] = asked.targets.map((target) => target.smoochId!)
      if (applied) cases[asked.action]!.act(users, id!, other ?? '')
      await op.end({ outcome: 'unknown', upstream: { status: null, sent: true } })
      // Seen from now on.
      await checker.round()
      return op
    },
    state: async (op: OpenOperation) => (await historyOf(it.store, op.id))?.state,
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

describe('the checker', () => {
  test.each(Object.keys(cases))('%s that took effect: applied, with what was read as evidence', async (action) => {
    await using it = await world()
    const op = await it.lose(it.call(action), true)
    expect(await it.checker.round()).toBe(0)
    it.later(51_000)
    expect(await it.checker.round()).toBe(1)
    const history = await historyOf(it.store, op.id)
    expect(history).toMatchObject({ state: 'applied', events: [{}, {}, { event: { by: 'checker', evidence: { source: 'read' } } }] })
    expect(await verify(it.store)).toMatchObject({ ok: true })
  })

  test.each(Object.keys(cases))('%s that did not: seen twice, a minute apart', async (action) => {
    await using it = await world()
    const op = await it.lose(it.call(action), false)
    it.later(51_000)
    expect(await it.checker.round()).toBe(0)
    it.later(30_000)
    expect(await it.checker.round()).toBe(0)
    it.later(31_000)
    expect(await it.checker.round()).toBe(1)
    expect(await it.state(op)).toBe('not_applied')
  })

  test('a deletion that ends late is not called undone', async () => {
    await using it = await world()
    const asked = it.call('delete_app_user')
    const op = await it.lose(asked, false)
    it.later(51_000)
    await it.checker.round()
    it.users.delete(asked.targets[0]!.smoochId!)
    it.later(61_000)
    await it.checker.round()
    expect(await it.state(op)).toBe('applied')
  })

  test('an upstream that answers nothing useful: indeterminate after six tries, for a person', async () => {
    await using it = await world()
    const op = await it.lose(it.call('delete_app_user'), true)
    it.fault.status = 503
    for (let tries = 0; tries < 6; tries += 1) {
      it.later(700_000)
      await it.checker.round()
    }
    expect(await it.state(op)).toBe('indeterminate')
    expect(await it.checker.round()).toBe(0)
  })

  test('without a before-image a missing user proves nothing', async () => {
    await using it = await world()
    const op = await it.lose(it.call('delete_app_user', { before: { state: 'unavailable' } }), true)
    for (let tries = 0; tries < 6; tries += 1) {
      it.later(700_000)
      await it.checker.round()
    }
    expect(await it.state(op)).toBe('indeterminate')
  })

  test('two operations on one person: what one did is not credited to the other', async () => {
    await using it = await world()
    const asked = it.call('delete_app_user')
    const lost = await it.lose(asked, false)
    const second = (await it.guard.begin({ ...asked })) as OpenOperation
    spendPermit(second.permit, 'delete_app_user')
    it.users.clear()
    await second.end({ outcome: 'success', response: { status: 200 } })
    for (let tries = 0; tries < 6; tries += 1) {
      it.later(700_000)
      await it.checker.round()
    }
    expect(await it.state(lost)).toBe('indeterminate')
  })

  test('an operation of a living process is its own; of a dead one it is judged', async () => {
    await using place = makePlace()
    const owner = await place.open()
    await using other = await place.open()
    let ahead = 0
    const checker = createReconciler({
      journal: other.journal,
      clock: () => performance.now() + ahead,
      read: () => Promise.resolve({ status: 404 }),
    })
    const op = (await owner.guard.begin(deletion())) as OpenOperation
    expect(await checker.round()).toBe(0)
    ahead = 10_000_000
    expect(await checker.round()).toBe(0)
    expect((await historyOf(other.store, op.id))?.state).toBe('pending')
    await owner.guard.close()
    expect(await checker.round()).toBe(1)
    expect((await historyOf(other.store, op.id))?.state).toBe('applied')
  })
})
