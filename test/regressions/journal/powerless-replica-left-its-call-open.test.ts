/** A replica that lost power left its deletion open for two hours, since PostgreSQL took its silent connection for a living one. */

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { newId } from '../../../src/journal/event/event.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../../src/journal/guard/permit.ts'
import { createReconciler } from '../../../src/journal/reconcile/reconciler.ts'
import { historyOf } from '../../../src/journal/store/history.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { repeated } from '../../../src/platform/repeated.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const { whenConcurrent, postgres } = postgresOfFile()

whenConcurrent('the other replica settles it within a minute', async () => {
  await using all = new AsyncDisposableStack()
  const place = all.use(makePlace())
  const proxy = all.use(await startProxy(postgres().socket))
  const [dying, living] = [newId('i'), newId('i')]
  const through = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`
  const one = all.use(
    await place.open({ store: await openPostgres({ url: through, keys: [place.key], instance: dying }), instance: dying }),
  )
  const store = await openPostgres({ url: postgres().url(), keys: [place.key], instance: living })
  const two = all.use(await place.open({ store, instance: living }))
  const begun = (await one.guard.begin(deletion())) as OpenOperation
  spendPermit(begun.permit, 'delete_app_user')
  // Power is gone: nothing comes from there any more, on connections that there are and on new ones.
  proxy.silenceOn('')
  proxy.silence()
  const since = performance.now()
  // Half of the minute goes by at once on its clock: the other half is waited for.
  let ahead = 0
  const clock = () => performance.now() + ahead
  const reconciler = createReconciler({ journal: two.journal, read: () => Promise.resolve({ status: 404 }), clock })
  await reconciler.round()
  ahead = 30_000
  all.use(repeated(5_000, async () => void (await reconciler.round())))
  const state = async () => (await historyOf(store, begun.id))?.state
  expect(await state()).toBe('pending')
  const settled = await until(state, (it) => it !== 'pending', 250)
  process.stderr.write(`operation of a replica without power: settled ${Math.round((performance.now() - since + ahead) / 1000)} s after\n`)
  expect(settled).toBe('applied')
})

whenConcurrent('what it had locked is free again within seconds, and others write on', async () => {
  await using all = new AsyncDisposableStack()
  const place = all.use(makePlace())
  const proxy = all.use(await startProxy(postgres().socket))
  postgres().sql('CREATE DATABASE locked')
  const open = async (url: string) => {
    const instance = newId('i')
    return all.use(await place.open({ store: await openPostgres({ url, keys: [place.key], instance }), instance }))
  }
  const two = await open(postgres().url('locked'))
  const one = await open(`postgres://postgres@127.0.0.1:${proxy.port}/locked`)
  await ((await two.guard.begin(deletion())) as OpenOperation).end()
  // It falls silent between locking the head and writing.
  proxy.silenceOn('append')
  const refused = one.guard.begin(deletion()).catch(() => 'refused')
  await sleep(500)
  // Nor does it come back.
  proxy.silenceOn('')
  proxy.silence()
  const since = performance.now()
  const recorded = await until(() => two.guard.begin(deletion()).catch(() => undefined), undefined, 250)
  await (recorded as OpenOperation).end()
  process.stderr.write(`lock of a replica without power: free after ${Math.round(performance.now() - since)} ms\n`)
  expect(await refused).toBe('refused')
})
