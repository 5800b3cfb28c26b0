import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { locationOf } from '../../../src/journal/store/open.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { verify } from '../../../src/journal/verify/verify.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { findPostgres, type Postgres, startPostgres } from '../../support/postgres.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const found = findPostgres()
const when = found ? test : test.skip // PostgreSQL is not installed

/** A primary and a standby, each behind a port of its own, and a journal at both. */
const start = async (all: AsyncDisposableStack) => {
  const primary = all.use(await startPostgres(found!))
  const standby = all.use(await primary.standby())
  const proxies = await Promise.all([primary, standby].map(async (it) => all.use(await startProxy(it.socket))))
  const address = (hosts: readonly { port: number }[], more = '') =>
    `postgres://postgres@${hosts.map(({ port }) => `127.0.0.1:${port}`).join(',')}/postgres${more}`
  const place = all.use(makePlace())
  const open = (url: string) => openPostgres({ url, keys: [place.key], instance: 'i_test', selectMs: 1_500 })
  return { primary, standby, proxies, address, place, open }
}

const remove = async (guard: { begin(call: ReturnType<typeof deletion>): Promise<unknown> }): Promise<string> => {
  const begun = (await guard.begin(deletion())) as OpenOperation
  await begun.end()
  return begun.id
}

/** Again and again, as a caller is asked to. */
const removeAtLast = async (guard: Parameters<typeof remove>[0]): Promise<string> =>
  String(
    await until(
      () => remove(guard).catch((error: Error) => error),
      (it) => !(it instanceof Error),
      100,
    ),
  )

for (const how of ['is killed', 'hangs'] as const)
  when(`when the primary ${how} and its standby is promoted, the journal goes on there without a gap`, async () => {
    await using all = new AsyncDisposableStack()
    const { primary, standby, proxies, address, place, open } = await start(all)
    // The standby first: the order says nothing.
    const store = await open(address([...proxies].reverse()))
    const { guard } = all.use(await place.open({ store, instance: 'i_test' }))
    const ids = [await remove(guard), await remove(guard)]
    if (how === 'hangs') {
      all.defer(() => primary.signal('SIGCONT'))
      primary.signal('SIGSTOP')
    } else primary.stop()
    await expect(remove(guard)).rejects.toThrow()
    standby.promote()
    ids.push(await removeAtLast(guard))
    const recorded = await store.select('SELECT op FROM operation ORDER BY seq')
    expect(recorded.map(({ op }) => op)).toEqual(expect.arrayContaining(ids))
    expect(await verify(store, { sealer: place.sealer })).toMatchObject({ ok: true })
  })

when('a former primary that comes back beside the promoted standby gets no event', async () => {
  await using all = new AsyncDisposableStack()
  const { primary, standby, proxies, address, place, open } = await start(all)
  const { guard } = all.use(await place.open({ store: await open(address(proxies)), instance: 'i_test' }))
  await remove(guard)
  primary.stop()
  standby.promote()
  await expect(remove(guard)).rejects.toThrow()
  await removeAtLast(guard)
  await primary.start()
  // Nothing holds it back from answering: it takes writes, and only the log tells which one is ours.
  for (const name of ['synchronous_standby_names', 'synchronous_commit'])
    primary.sql(`ALTER SYSTEM SET ${name} = '${name === 'synchronous_commit' ? 'local' : ''}'`)
  primary.sql('SELECT pg_reload_conf()')
  const eventsAt = (server: Postgres): number => Number(server.sql('SELECT count(*) FROM journal.event'))
  const before = eventsAt(primary)
  for (let times = 1; times <= 4; times += 1) {
    proxies[1]!.open(false)
    await expect(remove(guard)).rejects.toThrow()
    await sleep(300)
    proxies[1]!.open(true)
    await removeAtLast(guard)
  }
  expect(eventsAt(primary)).toBe(before)
})

when('a standby that is named as the primary is not taken, and the cause says so', async () => {
  await using all = new AsyncDisposableStack()
  const { proxies, address, open } = await start(all)
  await (await open(address(proxies))).close()
  await expect(open(address(proxies.slice(1), '?target_session_attrs=read-write'))).rejects.toThrow('this is a standby')
  await proxies[0]!.listen(false)
  await expect(open(address(proxies))).rejects.toThrow(/^no host of JOURNAL_URL takes writes: .*ECONNREFUSED.*; this is a standby$/)
  await proxies[0]!.listen(true)
})

when('however many hosts an address names, the place of the journal is the database', () => {
  for (const address of ['postgres://u:p,w@one:5432,two:5433/j', 'postgres://u@one,two/j?target_session_attrs=primary'])
    expect(locationOf(address)).toBe(locationOf('postgres://u@elsewhere/j'))
})
