/** Every key that is a file, swapped under load, in short; `npm run soak:rotation` is the long form. */
import { expect, test } from '@jest/globals'
import { redisInstalled } from '../support/redis.ts'
import { runSoak, soakTimeout } from '../support/soak-script.ts'

const whenRedis = redisInstalled() ? test : test.skip

whenRedis(
  'swapped keys fail no call, are in use within 5 s, and the former ones are in no log, no journal, no dump of Redis and not in memory',
  async () => {
    const { status, stdout, stderr } = await runSoak('rotation', '--seconds', '2', '--pause', '50')
    const [, failed] = /failed (\d+)/.exec(stdout) ?? []
    const seconds = Object.values(JSON.parse(/in use after (.*)/.exec(stdout)?.[1] ?? '{}') as Record<string, string>).map(
      Number.parseFloat,
    )
    const places = JSON.parse(/former keys found, of 4: (.*)/.exec(stdout)?.[1] ?? '{}') as Record<string, number>
    expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: '' })
    expect([failed, seconds.length, Math.max(...seconds) <= 5]).toEqual(['0', 4, true])
    expect(places).toMatchObject({ log: 0, 'dump.rdb': 0, 'journal.db': 0, session_keys: 0, heapsnapshot: 0 })
  },
  soakTimeout,
)
