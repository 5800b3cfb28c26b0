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
    const whenInstalled = installed && redisInstalled() ? test.concurrent : test.concurrent.skip
    whenInstalled(
      `behind ${proxy}: each replica is restarted, no call fails by it, and no deletion is sent twice`,
      async () => {
        const load = ['--calls', '500', '--callers', '12', '--pause', '300', '--restarts', '2']
        const { stdout, stderr } = await runSoak('restart', '--proxies', proxy, ...load)
        const [, restarts, failed, refused] =
          /(\d+) restarts \(0 unclean\), failed (\d+), refused while Redis was silent (\d+); .* twice 0$/m.exec(stdout) ?? []
        const begun = JSON.parse(/^ {2}calls (.*)$/m.exec(stdout)?.[1] ?? '{}') as Record<string, number>
        // Without calls in each part of a restart none could fail.
        const met = ['one stops', 'one starts', 'both serve'].every((phase) => begun[phase]! > 20)
        const found = { restarted: Number(restarts) >= 2, met, failed: Number(failed), few: Number(refused) <= most }
        expect({ stderr, stdout, ...found }).toMatchObject({ stderr: '', restarted: true, met: true, failed: 0, few: true })
      },
      soakTimeout,
    )
  }
})
