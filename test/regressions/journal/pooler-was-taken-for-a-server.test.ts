/** Behind PgBouncer in transaction mode the journal set the search path of strangers, left a lock and worked by chance; in session mode it was refused for its first words. A machine that lost power kept its lease for two hours. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { newId } from '../../../src/journal/event/event.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { holdLease } from '../../../src/journal/store/postgres/lease.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { endProcess } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const { when, postgres } = postgresOfFile()
const path = `${process.env['PATH']}:/usr/sbin`
const whenPooled = when === test && spawnSync('pgbouncer', ['--version'], { env: { PATH: path } }).status === 0 ? test : test.skip // PgBouncer is not installed

/** Its configuration is the least that there can be. */
const startPooler = async (all: AsyncDisposableStack, mode: 'session' | 'transaction', size = 20): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-pooler-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const file = join(folder, 'pooler.ini')
  writeFileSync(join(folder, 'users'), '"postgres" ""\n')
  writeFileSync(
    file,
    `[databases]\n* = host=${dirname(postgres().socket)} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = trust\nauth_file = ${join(folder, 'users')}\npool_mode = ${mode}\ndefault_pool_size = ${size}\n`,
  )
  const asRoot = process.getuid?.() === 0
  const child: ChildProcess = spawn('pgbouncer', [...(asRoot ? ['-u', 'postgres'] : []), file], { stdio: 'ignore', env: { PATH: path } })
  all.defer(() => endProcess(child))
  await until(async () => {
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${port}/postgres`)
    client.on('error', () => {})
    const up = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    return up
  })
  return port
}

whenPooled('in session mode all works', async () => {
  await using all = new AsyncDisposableStack()
  const port = await startPooler(all, 'session')
  postgres().sql('CREATE DATABASE pooled_by_session')
  const place = all.use(makePlace())
  const instance = newId('i')
  const url = `postgres://postgres@127.0.0.1:${port}/pooled_by_session`
  const store = await openPostgres({ url, keys: [place.key], instance })
  const { guard } = all.use(await place.open({ store, instance }))
  await ((await guard.begin(deletion())) as OpenOperation).end()
  expect(guard.status().open).toBe(true)
})

whenPooled.each([1, 2, 20])(
  'in transaction mode with %i sessions it is refused with the reason, and nothing is left behind',
  async (size) => {
    await using all = new AsyncDisposableStack()
    const port = await startPooler(all, 'transaction', size)
    const database = `pooled_by_${size}`
    postgres().sql(`CREATE DATABASE ${database}`)
    const url = `postgres://postgres@127.0.0.1:${port}/${database}`
    const place = all.use(makePlace())
    await expect(openPostgres({ url, keys: [place.key], instance: newId('i') })).rejects.toThrow(/transaction mode.*pool_mode=session/)
    const stranger = new pg.Client(url)
    await stranger.connect()
    expect((await stranger.query('SHOW search_path')).rows[0]).toEqual({ search_path: '"$user", public' })
    await stranger.end()
    expect(postgres().sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").trim()).toBe('0')
    expect(postgres().sql('SELECT to_regnamespace($$journal$$) IS NULL', database).trim()).toBe('t')
  },
)

when('the lease of a machine that says nothing any more ends within seconds', async () => {
  await using all = new AsyncDisposableStack()
  const proxy = all.use(await startProxy(postgres().socket))
  const lease = holdLease(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`, '4711', { timeline: 0 })
  all.defer(() => lease.release())
  await lease.held
  const isHeld = () => postgres().sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711").trim() === '1'
  expect(isHeld()).toBe(true)
  await sleep(3_000)
  expect(isHeld()).toBe(true)
  // Neither can it make another connection.
  proxy.silenceOn('')
  proxy.silence()
  const began = performance.now()
  await until(() => !isHeld(), undefined, 250)
  process.stderr.write(`lease of a machine without power: ended after ${Math.round(performance.now() - began)} ms\n`)
})
