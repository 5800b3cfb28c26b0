/** Two replicas restarted one after the other behind the proxies of docs/deploy.md, in short; `npm run soak:restart` is the long form. */
import { describe, expect, test } from '@jest/globals'
import { haproxyInstalled } from '../support/haproxy.ts'
import { nginxInstalled } from '../support/nginx.ts'
import { redisInstalled } from '../support/redis.ts'
import { runSoak, soakTimeout } from '../support/soak-script.ts'

/** HAProxy looks for itself who is there: on a machine without a free processor its look, too, comes late. */
const proxies = [
  ['nginx', nginxInstalled, 0],
  ['haproxy', haproxyInstalled, 15],
] as const

describe('a rolling restart under load', () => {
  for (const [proxy, installed, most] of proxies) {
    const whenInstalled = installed && redisInstalled() ? test : test.skip
    whenInstalled(
      `behind ${proxy}: at most ${most} of 1,500 calls fail, and no deletion is sent twice`,
      async () => {
        const { stdout, stderr } = await runSoak('restart', '--calls', '1500', '--proxies', proxy)
        const [, restarts, failed] = /(\d+) restarts \(0 unclean\), failed (\d+); .* twice 0$/m.exec(stdout) ?? []
        expect({ stderr, stdout, restarted: Number(restarts) > 0, few: Number(failed) <= most }).toMatchObject({
          stderr: '',
          restarted: true,
          few: true,
        })
      },
      soakTimeout,
    )
  }
})
