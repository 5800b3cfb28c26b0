/** Clients that do little and hold much, in short; `npm run soak:clients` is the long form. */
import { expect, test } from '@jest/globals'
import { redisInstalled } from '../../support/redis.ts'
import { runSoak, soakTimeout } from '../../support/soak-script.ts'

const whenInstalled = redisInstalled() ? test : test.skip // Redis is not installed

whenInstalled(
  'slow heads, slow bodies, unread answers, idle connections and open consoles fail no read of others and fill no memory',
  async () => {
    const { stdout, stderr } = await runSoak('slow-clients', '--seconds', '3', '--share', '0.2', '--pause', '5')
    const lines = [...stdout.matchAll(/^\d+ ([\w ]+): .* (\d+) failed; memory (\d+) to (\d+) MB/gm)]
    expect({ stderr, kinds: lines.map(([, name]) => name) }).toEqual({
      stderr: '',
      kinds: ['slow heads', 'slow bodies', 'answers that nobody reads', 'idle connections', 'consoles'],
    })
    for (const [, name, failed, empty, full] of lines) {
      // Of thousands of reads a machine without a free processor sheds a few, with or without such clients.
      expect([name, Number(failed) <= 30]).toEqual([name, true])
      expect(Number(full) - Number(empty)).toBeLessThan(200)
    }
  },
  soakTimeout,
)
