/** Two replicas restarted one after the other behind the proxies of docs/deploy.md, in short; `npm run soak:restart` is the long form. */
import { describe, expect, test } from '@jest/globals'
import { caddyInstalled } from '../support/caddy.ts'
import { haproxyInstalled } from '../support/haproxy.ts'
import { nginxInstalled } from '../support/nginx.ts'
import { redisInstalled } from '../support/redis.ts'
import { runSoak, soakTimeout } from '../support/soak-script.ts'

const proxies = [
  ['nginx', nginxInstalled],
  ['haproxy', haproxyInstalled],
  ['caddy', caddyInstalled],
] as const
/** On a machine without a free processor Redis is silent for more than 200 ms now and then; calls are refused then, as they should be. */
const most = 15

describe('a rolling restart under load', () => {
  for (const [proxy, installed] of proxies) {
    const whenInstalled = installed && redisInstalled() ? test : test.skip
    whenInstalled(
      `behind ${proxy}: none of 1,500 calls fails by it, and no deletion is sent twice`,
      async () => {
        const { stdout, stderr } = await runSoak('restart', '--calls', '1500', '--proxies', proxy)
        const [, restarts, failed, refused] =
          /(\d+) restarts \(0 unclean\), failed (\d+), refused while Redis was silent (\d+); .* twice 0$/m.exec(stdout) ?? []
        const found = { restarted: Number(restarts) > 0, failed: Number(failed), few: Number(refused) <= most }
        expect({ stderr, stdout, ...found }).toMatchObject({ stderr: '', restarted: true, failed: 0, few: true })
      },
      soakTimeout,
    )
  }
})
