import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const found = findPostgres()
const when = found ? test : test.skip // PostgreSQL is not installed

when('a reader at the former primary goes over to the promoted one, once any connection has met that', async () => {
  await using all = new AsyncDisposableStack()
  const primary = all.use(await startPostgres(found!))
  const standby = all.use(await primary.standby())
  const [former, promoted] = [all.use(await startProxy(primary.socket)), all.use(await startProxy(standby.socket))]
  const url = `postgres://postgres@127.0.0.1:${former.port},127.0.0.1:${promoted.port}/postgres`
  const place = all.use(makePlace())
  const store = await openPostgres({ url, keys: [place.key], instance: 'i_test' })
  const { guard } = all.use(await place.open({ store, instance: 'i_test' }))
  const record = async (): Promise<string> => {
    const begun = (await guard.begin(deletion())) as OpenOperation
    await begun.end()
    return begun.id
  }
  const isRead = async (id: string, source: Pick<typeof store, 'select'>): Promise<boolean> =>
    (await source.select('SELECT 1 FROM operation WHERE op = $1', [id])).length === 1
  await record()
  standby.promote()
  former.open(false)
  await sleep(200)
  former.open(true)
  promoted.delay(600)
  // Both readers meet the former one, which answers at once, and so does the lease, which is taken anew each second.
  for (const source of [store, store.readers]) await source.select('SELECT 1 AS one').catch(() => undefined)
  await sleep(2_000)
  promoted.delay(0)
  const id = await until(() => record().catch(() => undefined))
  // Who has met the former one in the meantime is told that it is no longer the one, and comes again.
  for (const source of [store, store.readers])
    expect(
      await until(
        () => isRead(id, source).catch(() => undefined),
        (it) => it !== undefined,
      ),
    ).toBe(true)
  // The lease follows: another replica, at the promoted one, would take this one for dead.
  const other = await openPostgres({ url: standby.url(), keys: [place.key], instance: 'i_other' })
  all.defer(() => other.close())
  await until(() => other.isAlive('i_test'))
})
