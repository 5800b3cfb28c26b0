/** A Redis that was restored from a snapshot brought sessions back that had ended since, and nobody heard of it. */
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'
import { redisInstalled, startRedisIn, type TestRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const given = redisInstalled() ? describe : describe.skip

given('a Redis that is put back to a snapshot', () => {
  let folder: string
  let journal: string
  let redis: TestRedis
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bff-snapshot-'))
    journal = join(folder, 'journal.db')
    redis = await startRedisIn(folder)
  })
  afterEach(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = (beside?: Bff): Promise<Bff> =>
    startBff({ env: { REDIS_URL: redis.url, JOURNAL_URL: `sqlite:${journal}` }, ...(beside && { beside }) })
  const command = async (...[name, ...args]: [string, ...string[]]): Promise<unknown> => {
    const client = new Redis(redis.url)
    try {
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }
  const kill = async (): Promise<void> => {
    const dead = once(redis.process, 'exit')
    redis.process.kill('SIGKILL')
    await dead
  }
  const restore = async (): Promise<void> => {
    copyFileSync(join(folder, 'kept.rdb'), join(folder, 'dump.rdb'))
    redis = await startRedisIn(folder)
  }
  /** A snapshot as old as this: nobody waits for that long here. */
  const snapshot = async (ageMs: number): Promise<void> => {
    const names = (await command('KEYS', 'bff:o:{clock-*')) as string[]
    expect(names.length).toBeGreaterThan(0)
    const times = await Promise.all(names.map(async (name) => Number(await command('GET', name))))
    await Promise.all(names.map((name, at) => command('SET', name, String(times[at]! - ageMs))))
    await command('SAVE')
    copyFileSync(join(folder, 'dump.rdb'), join(folder, 'kept.rdb'))
    await Promise.all(names.map((name, at) => command('SET', name, String(times[at]!))))
  }
  const written = async (): Promise<void> => {
    await until(async () => ((await command('KEYS', 'bff:o:{clock-*')) as string[]).length >= 16)
  }
  const isSignedIn = async (bff: Bff, headers: Carried): Promise<boolean | number> => {
    const answer = await bff.call('GET', '/auth/session', { headers })
    return answer.status === 200 ? answer.json.signedIn : answer.status
  }
  const settled = (bff: Bff, headers: Carried, wanted: boolean): Promise<boolean | number> =>
    until(
      () => isSignedIn(bff, headers),
      (is) => is === wanted,
    )
  const alarms = (bff: Bff): unknown[] => bff.lines.filter(({ alarm }) => alarm === 'session_store_rollback')
  const events = (): unknown[] => {
    using db = new DatabaseSync(journal, { readOnly: true, timeout: 5_000 })
    return db.prepare("SELECT body FROM event WHERE action = 'session_store_rollback'").all()
  }

  test('while the service runs lets nobody in again, and says so once', async () => {
    await using bff = await start()
    const [ended, living] = [await bff.signIn({ userId: 'cust-1', kind: 'cookie' }), await bff.signIn({ userId: 'cust-2' })]
    await written()
    await snapshot(3_600_000)
    await bff.call('DELETE', '/auth/session', { headers: ended })
    expect([await isSignedIn(bff, ended), await isSignedIn(bff, living)]).toEqual([false, true])
    await kill()
    await restore()
    await settled(bff, living, false)
    expect([await isSignedIn(bff, ended), alarms(bff).length, events().length]).toEqual([false, 1, 1])
    const again = await bff.signIn({ userId: 'cust-2' })
    await sleep(2_500)
    expect([await isSignedIn(bff, again), alarms(bff).length]).toEqual([true, 1])
  })

  test('while nothing ran is noticed at the next start', async () => {
    const before = await start()
    const ended = await before.signIn({ userId: 'cust-1', kind: 'cookie' })
    await written()
    await snapshot(3_600_000)
    await before.call('DELETE', '/auth/session', { headers: ended })
    await using sandbox = { [Symbol.asyncDispose]: () => before.sandbox.close() }
    void sandbox
    await before.app.close(1_000)
    await kill()
    await restore()
    await using after = await start(before)
    await settled(after, ended, false)
    await until(() => alarms(after).length > 0)
    expect(alarms(after)).toHaveLength(1)
  })

  test('of some seconds ago, as after a crash, or an empty one, ends no session', async () => {
    await using bff = await start()
    const living = await bff.signIn({ userId: 'cust-2' })
    await written()
    await snapshot(5_000)
    await kill()
    await restore()
    await settled(bff, living, true)
    await sleep(2_500)
    expect([await isSignedIn(bff, living), alarms(bff)]).toEqual([true, []])
    await command('FLUSHALL')
    const again = await bff.signIn({ userId: 'cust-2' })
    await sleep(2_500)
    expect([await isSignedIn(bff, again), alarms(bff)]).toEqual([true, []])
  })
})
