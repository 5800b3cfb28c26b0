import { expect } from '@jest/globals'
import { newId } from '../../../src/journal/event/event.ts'
import type { Guard, OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const { whenConcurrent, postgres } = postgresOfFile()

/** As a caller goes: an earlier call is looked for, then the intent, the effect, the outcome. */
const one = async (guard: Guard): Promise<void> => {
  const call = deletion()
  await guard.earlier(call)
  await ((await guard.begin(call)) as OpenOperation).end(success)
}

let databases = 0
const run = async (each: number) => {
  await using all = new AsyncDisposableStack()
  databases += 1
  const database = `slow_${databases}`
  postgres().sql(`CREATE DATABASE ${database}`)
  const proxy = all.use(await startProxy(postgres().socket))
  const place = all.use(makePlace())
  const instance = newId('i')
  const url = `postgres://postgres@127.0.0.1:${proxy.port}/${database}`
  const store = await openPostgres({ url, keys: [place.key], instance, selectMs: 1_500 })
  const causes: unknown[] = []
  const { guard } = all.use(await place.open({ store, instance, onGate: ({ cause }) => void causes.push(cause) }))
  proxy.delay(each)
  const refused: unknown[] = []
  const caller = async (): Promise<void> => {
    for (let at = 0; at < 3; at += 1) await one(guard).catch((error: unknown) => void refused.push(error))
  }
  await Promise.all(Array.from({ length: 20 }, caller))
  proxy.delay(0)
  const { open } = guard.status()
  await until(() => guard.status().open)
  expect((await verify(store, { sealer: place.sealer })).findings).toEqual([])
  return { refused: refused.length, causes, open }
}

/** Where each question waited for the answer to the one before, nearly all calls of each run were refused; on a busy machine
 * PostgreSQL itself is now and then too late for one. */
whenConcurrent.each([100, 200])('%d ms each way, 20 callers with 3 calls each: none is refused, the gate stays open', async (each) => {
  const { open } = await until(
    () => run(each),
    ({ refused, causes }) => refused + causes.length === 0,
  )
  expect(open).toBe(true)
})
