/** What a repeat without an Idempotency-Key finds of the call before it, by the time that has passed. */
import { expect, test } from '@jest/globals'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { erasePerson } from '../../src/journal/maintenance.ts'
import { deletion, makePlace, success } from './place.ts'

const start = Date.parse('2026-11-28T12:00:00.000Z')

const begin = async (clock: { at: number }, idempotencyKey?: string) => {
  const place = makePlace()
  const it = await place.open({ now: () => new Date(clock.at) })
  const call = deletion(idempotencyKey === undefined ? {} : { idempotencyKey })
  const operation = await it.guard.begin(call)
  if (operation.replay) throw new Error('nothing was there to repeat')
  spendPermit(operation.permit, 'delete_app_user')
  return {
    ...it,
    call,
    operation,
    ask: (changes: object = {}) => it.guard.earlier({ ...call, ...changes }),
    [Symbol.asyncDispose]: async () => {
      await it[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

test('a call that has ended answers its repeat for 90 seconds', async () => {
  const clock = { at: start }
  await using it = await begin(clock)
  await it.operation.end(success)
  clock.at = start + 89_000
  const earlier = await it.ask()
  expect([earlier?.id, await earlier?.standing('nobody')]).toEqual([it.operation.id, 'success'])
  clock.at = start + 91_000
  expect(await it.ask()).toBeUndefined()
})

test('a call without an outcome is taken to run for 25 seconds; after that nobody knows', async () => {
  const clock = { at: start }
  await using it = await begin(clock)
  clock.at = start + 24_000
  await expect(it.ask()).rejects.toMatchObject({ code: 'operation_pending' })
  clock.at = start + 26_000
  expect(await (await it.ask())?.standing('nobody')).toBe('unknown')
})

test('an accepted deletion stands while the vendor still shows the user, for as long as that is the same user', async () => {
  await using it = await begin({ at: start })
  await it.operation.end(success)
  const [target] = it.call.targets
  const earlier = await it.ask()
  expect(await earlier?.standing({ subject: { _id: target!.smoochId! } })).toBe('success')
  expect(await earlier?.standing({ subject: { _id: 'f'.repeat(24) } })).toBeUndefined()
})

test('an answer that was erased with its person is not given again, and the call not made again', async () => {
  await using it = await begin({ at: start }, 'key-1')
  await it.operation.end(success)
  const [target] = it.call.targets
  expect(await it.guard.recall(it.call)).toMatchObject({ replay: success.response })
  await erasePerson(it.store, it.journal.sealer, it.call.tenant, target!.userId!, 'ops')
  await expect(it.guard.recall(it.call)).rejects.toMatchObject({ code: 'operation_settled' })
})

test('another app, actor, request or action is no repeat', async () => {
  await using it = await begin({ at: start })
  await it.operation.end(success)
  expect(await it.ask()).toBeDefined()
  const { actor, request } = deletion()
  for (const changes of [
    { tenant: 'another' },
    { actor: { ...actor, id: 'somebody else' } },
    { request: { ...request, path: `${request.path}/more`, facts: 'others' } },
    { action: 'delete_app_user_profile' },
  ])
    expect(await it.ask(changes)).toBeUndefined()
})
