/** While the journal's store was away, events beyond what memory holds were given up, and at the stop all that waited: no log line, no alarm, no number anywhere said so, and the process ended as if all were well. */
import { renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Lost } from '../../../src/journal/append/backlog.ts'
import { newId } from '../../../src/journal/event/event.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { canaryServiceKey } from '../../support/canaries.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy } from '../../support/proxy.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const { whenConcurrent, postgres } = postgresOfFile()

whenConcurrent.each([
  ['refuses', 7_000],
  ['hangs', 7_000],
] as const)('of a PostgreSQL that %s for a while each event is in the log or in the count of what is missing', async (how, count) => {
  await using all = new AsyncDisposableStack()
  const database = `lost_${how}`
  postgres().sql(`CREATE DATABASE ${database}`)
  const proxy = all.use(await startProxy(postgres().socket))
  const place = all.use(makePlace())
  const instance = newId('i')
  const url = `postgres://postgres@127.0.0.1:${proxy.port}/${database}`
  const store = await openPostgres({ url, keys: [place.key], instance, selectMs: 1_500 })
  const told: Lost[] = []
  const { guard } = all.use(await place.open({ store, instance, onLost: (lost) => told.push(lost) }))
  if (how === 'refuses') proxy.open(false)
  else {
    proxy.silence()
    proxy.silenceOn('')
  }
  await expect(guard.begin(deletion())).rejects.toThrow()
  for (let at = 0; at < count; at += 100) {
    for (let i = 0; i < 100; i += 1) guard.recorded({ ...deletion(), action: 'update_app_user' }, { outcome: 'success' })
    await sleep(5)
  }
  await until(() => guard.status().dropped > 0 && told.length > 0)
  proxy.open(true)
  proxy.silenceOn(undefined)
  await until(() => guard.status().open && guard.status().waiting === 0)
  const missing = async (): Promise<number> =>
    (await store.select("SELECT body FROM event WHERE action = 'event_lost'")).reduce(
      (total, { body }) => total + JSON.parse(Buffer.from(body as Uint8Array).toString()).facts.count,
      0,
    )
  // What is missing is told from second to second.
  await until(async () => (await missing()) >= guard.status().dropped)
  const sum = async (sql: string): Promise<number> => Number((await store.select(sql))[0]!['n'])
  const written = await sum("SELECT count(*) AS n FROM event WHERE action = 'update_app_user'")
  const { dropped } = guard.status()
  expect(written).toBeGreaterThanOrEqual(4_000)
  expect({ missing: await missing(), told: told.reduce((total, lost) => total + lost.count, 0) }).toEqual({
    missing: dropped,
    told: dropped,
  })
  expect(written + dropped).toBe(count)
  process.stderr.write(`PostgreSQL ${how}: ${written} of ${count} events written, ${dropped} missing and told in ${told.length} lines\n`)
})

test('what still waits at the stop is told, and the process does not end as if all were well', async () => {
  await using place = makePlace()
  await using service = await startProcess({ ...processEnv, JOURNAL_URL: `sqlite:${place.path}`, DRAIN_DELAY_SECONDS: '0' })
  // The start's own event about the secrets in use would else be among the lost ones.
  await until(() => {
    using file = new DatabaseSync(place.path, { readOnly: true, timeout: 5_000 })
    return file.prepare("SELECT 1 FROM event WHERE action = 'secrets_in_use'").get() !== undefined
  })
  for (const ending of ['', '-wal', '-shm']) renameSync(`${place.path}${ending}`, `${place.path}${ending}.away`)
  const mint = () =>
    fetch(`${service.privateUrl}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } }),
    })
  for (let i = 0; i < 20; i += 1) expect((await mint()).status).toBe(201)
  await sleep(500)
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(1)
  const lines = service
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', alarm: 'journal_events_lost', count: 20 }))
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'stopped', lost: 20 }))
})
