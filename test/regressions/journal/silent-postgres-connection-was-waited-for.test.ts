import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { newId } from '../../../src/journal/event/event.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const { whenConcurrent, postgres } = postgresOfFile()

const start = async (all: AsyncDisposableStack, database: string) => {
  postgres().sql(`CREATE DATABASE ${database}`)
  const direct = postgres().url(database)
  const proxy = all.use(await startProxy(postgres().socket))
  const place = all.use(makePlace())
  const instance = newId('i')
  const url = `postgres://postgres@127.0.0.1:${proxy.port}/${database}`
  const store = await openPostgres({ url, keys: [place.key], instance, selectMs: 1_500 })
  const { guard } = all.use(await place.open({ store, instance }))
  const watcher = await openPostgres({ url: direct, keys: [place.key], instance: newId('i') })
  all.defer(() => watcher.close())
  return { proxy, guard, watcher, instance }
}

whenConcurrent('the gate opens again although the first connections after the outage say nothing', async () => {
  await using all = new AsyncDisposableStack()
  const { proxy, guard } = await start(all, 'silent')
  await ((await guard.begin(deletion())) as OpenOperation).end()
  proxy.silence()
  proxy.silenceOn('search_path')
  await expect(guard.begin(deletion())).rejects.toThrow()
  await sleep(1_000)
  proxy.silenceOn(undefined)
  const began = performance.now()
  await until(() => guard.status().open)
  process.stderr.write(`silent PostgreSQL: the gate opened again after ${Math.round(performance.now() - began)} ms\n`)
  await ((await guard.begin(deletion())) as OpenOperation).end()
})

whenConcurrent('a process whose lease was lost without a word takes it again', async () => {
  await using all = new AsyncDisposableStack()
  const { proxy, watcher, instance } = await start(all, 'lease')
  expect(await watcher.isAlive(instance)).toBe(true)
  proxy.silence()
  postgres().sql(
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = 'lease')",
  )
  await until(async () => !(await watcher.isAlive(instance)))
  const began = performance.now()
  await until(() => watcher.isAlive(instance))
  process.stderr.write(`silent lease: held again after ${Math.round(performance.now() - began)} ms\n`)
})
