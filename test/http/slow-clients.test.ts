/** Clients that do little and hold much, in short; `npm run soak:clients` is the long form. */
import { expect, test } from '@jest/globals'
import { redisInstalled } from '../support/redis.ts'
import { runSoak, soakTimeout } from '../support/soak-script.ts'

const whenInstalled = redisInstalled() ? test : test.skip // Redis is not installed

whenInstalled(
  'slow heads, slow bodies, unread answers, idle connections and open consoles fail no read of others and fill no memory',
  async () => {
    const { stdout, stderr, status } = await runSoak('slow-clients', '--seconds', '3', '--share', '0.2')
    const lines = [...stdout.matchAll(/^\d+ ([\w ]+): .* (\d+) failed; memory (\d+) to (\d+) MB/gm)]
    expect({ stderr, status, kinds: lines.map(([, name, failed]) => `${name}: ${failed}`) }).toEqual({
      stderr: '',
      status: 0,
      kinds: ['slow heads: 0', 'slow bodies: 0', 'answers that nobody reads: 0', 'idle connections: 0', 'consoles: 0'],
    })
    for (const [, , , empty, full] of lines) expect(Number(full) - Number(empty)).toBeLessThan(200)
  },
  soakTimeout,
)
