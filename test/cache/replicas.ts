/** A model of the vendor with one person under two names, replicas in front of it, and a checker: no read that began after a write was answered gives an older value. */

import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { UpstreamApp } from '../../config/apps.ts'
import { Secret } from '../../config/secret.ts'
import { createAppUsers } from '../../src/cache/app-users.ts'
import { createEntries } from '../../src/cache/entry.ts'
import { createInvalidation } from '../../src/cache/invalidation.ts'
import { cacheKeysOf } from '../../src/cache/keys.ts'
import type { CacheStore } from '../../src/cache/store/cache-store.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problems.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { issuePermit } from '../../src/journal/guard/permit.ts'
import type { UpstreamCall } from '../../src/upstream/call.ts'
import type { Upstream } from '../../src/upstream/client.ts'
import { isGuarded, isOpen } from '../support/effects.ts'

export const peppers = keyRing(new Secret(`p1:${'x'.repeat(32)}`))
const app = { appId: 'app', baseUrl: 'http://127.0.0.1:9', auth: 'basic', keys: [] } as unknown as UpstreamApp

type By = 'userId' | '_id' | 'me'
type WriteHow = 'update' | 'create' | 'link' | 'unlink' | 'unknown' | 'unknown later' | 'failure' | 'merge' | 'webhook'

export type Step =
  | { readonly do: 'read'; readonly on: 0 | 1; readonly by: By; readonly before: number; readonly after: number }
  | {
      readonly do: 'write'
      readonly on: 0 | 1
      readonly by: '_id' | 'userId'
      readonly how: WriteHow
      readonly before: number
      readonly after: number
    }
  | { readonly do: 'pause'; readonly turns: number }

const delay = fc.integer({ min: 0, max: 12 })
const on = fc.constantFrom(0, 1)
export const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('read'), on, by: fc.constantFrom('userId', '_id', 'me'), before: delay, after: delay }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('write'),
        on,
        by: fc.constantFrom('userId', '_id'),
        how: fc.constantFrom('update', 'update', 'create', 'link', 'unlink', 'unknown', 'unknown later', 'failure', 'merge', 'webhook'),
        before: delay,
        after: delay,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pause'), turns: fc.integer({ min: 1, max: 20 }) }) },
  ),
  { minLength: 4, maxLength: 14 },
) as fc.Arbitrary<Step[]>

/** Several turns of the loop, so that other steps come in between. */
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await turn()
}

interface Delays {
  readonly before: number
  readonly after: number
}

interface Vendor {
  version: number
  readonly _id: string
  readonly userId: string
  /** `made` hears which version the call made. */
  readonly call: (operation: Operation, delays: Delays, how?: WriteHow, made?: (version: number) => void) => Promise<unknown>
}

const newVendor = (): Vendor => {
  const person = { _id: randomBytes(12).toString('hex'), userId: `u-${randomBytes(8).toString('hex')}` }
  const vendor: Vendor = {
    version: 0,
    ...person,
    call: async (operation, { before, after }, how, made) => {
      await turns(before)
      if (how === 'failure') throw new Problem('conflict', { outcome: 'failure' })
      if (how === 'unknown later') {
        void turns(after + 6).then(() => {
          vendor.version += 1
        })
        throw new Problem('upstream_unknown', { outcome: 'unknown' })
      }
      if (operation.effect !== 'read') {
        vendor.version += 1
        made?.(vendor.version)
      }
      const body = { appUser: { ...person, givenName: `v${vendor.version}`, conversationStarted: false, properties: {} } }
      await turns(after)
      if (how === 'unknown') throw new Problem('upstream_unknown', { outcome: 'unknown' })
      return operation.returns === 'Empty' ? {} : body
    },
  }
  return vendor
}

export const replica = (store: CacheStore) => {
  const alarm = () => undefined
  const entries = createEntries({ peppers, selfViewOf: (user) => user })
  return {
    users: createAppUsers({ store, peppers, entries: entries, alarm }),
    invalidation: createInvalidation({ store, peppers, entries: entries, strict: true, alarm }),
  }
}

export type Replica = ReturnType<typeof replica>

const rows = {
  create: operations.pre_create_app_user,
  link: operations.link_app_user,
  unlink: operations.unlink_app_user,
  merge: operations.merge_users,
} satisfies Partial<Record<WriteHow, Operation>>
const rowOf = (how: WriteHow): Operation => (how in rows ? rows[how as keyof typeof rows] : operations.update_app_user)

const bodyOf = (how: WriteHow, vendor: Vendor): Pick<UpstreamCall, 'body' | 'params'> => {
  if (how === 'create') return { body: { userId: vendor.userId } }
  return how === 'merge' ? { body: { surviving: { _id: vendor._id }, discarded: { _id: randomBytes(12).toString('hex') } } } : { body: {} }
}

/** The same small numbers again for the same seed. */
export const paceOf = (seed: number) => {
  let state = seed
  return (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 16) % (most + 1)
  }
}

/** A store that is some turns away, so that steps of others come in between those of one. */
export const unhurried = (store: CacheStore, pace: (most: number) => number): CacheStore =>
  new Proxy(store, {
    get: (it, name: keyof CacheStore) => async (cell: string, more: never) => {
      await turns(pace(3))
      const answer = await (it[name] as (cell: string, more: never) => unknown)(cell, more)
      await turns(pace(2))
      return answer
    },
  })

const reading = async ({ users }: Replica, vendor: Vendor, by: By, delays: Delays): Promise<number> => {
  const own = by === 'me' ? cacheKeysOf(peppers, app.appId, { kind: 'user', id: vendor.userId })[0] : undefined
  const id = by === '_id' ? vendor._id : vendor.userId
  const read = await users.read({ app: app.appId, id, ownKey: own }, async () => ({
    body: await vendor.call(operations.get_app_user, delays),
    status: 200,
    calls: 1,
    durationMs: 1,
  }))
  return Number(String(read.entry.body().appUser['givenName']).slice(1))
}

/** Gives the version that the write made, or 0 when nobody can know that it made one. */
const writing = async (it: Replica, vendor: Vendor, by: '_id' | 'userId', how: WriteHow, delays: Delays): Promise<number> => {
  let version = 0
  if (how === 'webhook') {
    // The vendor changed the person by itself, and tells us by the smoochId alone.
    await turns(delays.before)
    version = vendor.version += 1
    await it.invalidation.invalidate(app.appId, { names: [{ kind: 'smooch', id: vendor._id }] }, vendor._id)
    return version
  }
  const made = (number: number) => {
    version = number
  }
  const answer = async () => ({ body: await vendor.call(rowOf(how), delays, how, made), status: 200, calls: 1, durationMs: 1 })
  const upstream = it.invalidation.invalidating({ call: answer, callGuarded: answer, close: () => undefined } as unknown as Upstream)
  try {
    const [operation, more] = [rowOf(how), { params: { userId: vendor[by] }, ...bodyOf(how, vendor) }]
    if (isGuarded(operation)) await upstream.callGuarded(app, issuePermit('op_test', operation.id, 5_000), { operation, ...more })
    else if (isOpen(operation)) await upstream.call(app, { operation, ...more })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
  return version
}

/** Plays a plan and throws at the first read older than what a write had answered before the read began. */
export const play = async (replicas: readonly [Replica, Replica], plan: readonly Step[]): Promise<void> => {
  const vendor = newVendor()
  let acknowledged = 0
  const running: Promise<void>[] = []
  for (const step of plan) {
    if (step.do === 'pause') await turns(step.turns)
    else if (step.do === 'read') {
      const floor = acknowledged
      running.push(
        reading(replicas[step.on], vendor, step.by, step).then((version) => {
          if (version < floor) throw new Error(`a read gave v${version} after v${floor} was answered`)
        }),
      )
    } else {
      running.push(
        writing(replicas[step.on], vendor, step.by, step.how, step).then((version) => {
          acknowledged = Math.max(acknowledged, version)
        }),
      )
    }
  }
  await Promise.all(running)
  // Whatever happened: now that all is quiet, nobody is given anything but the newest.
  await turns(30)
  for (const it of replicas) {
    for (const by of ['me', '_id', 'userId'] as const) {
      const version = await reading(it, vendor, by, { before: 0, after: 0 })
      if (version !== vendor.version) throw new Error(`at rest, a read by ${by} gave v${version} instead of v${vendor.version}`)
    }
  }
}
