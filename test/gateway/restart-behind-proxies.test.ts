/** Two replicas restarted one after the other behind the proxies of docs/deploy.md, in short; `npm run soak:restart` is the long form. */
import { beforeAll, describe, expect, test } from '@jest/globals'
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

const there = redisInstalled() ? proxies.filter(([, installed]) => installed).map(([proxy]) => proxy) : []

describe('a rolling restart under load', () => {
  let ended: Awaited<ReturnType<typeof runSoak>>
  beforeAll(async () => {
    const load = ['--calls', '500', '--callers', '12', '--pause', '300', '--restarts', '2']
    if (there.length > 0) ended = await runSoak('restart', '--proxies', there.join(), ...load)
  }, soakTimeout)

  for (const [proxy] of proxies) {
    const whenInstalled = there.includes(proxy) ? test : test.skip
    whenInstalled(`behind ${proxy}: each replica is restarted, no call fails by it, and no deletion is sent twice`, () => {
      const { stdout, stderr } = ended
      const lines = new RegExp(`^${proxy}: .*\\n(?: .*\\n)+`, 'm').exec(stdout)?.[0] ?? ''
      const [, restarts, failed, refused] =
        /(\d+) restarts \(0 unclean\), failed (\d+), refused while Redis was silent (\d+); .* twice 0$/m.exec(lines) ?? []
      const begun = JSON.parse(/^ {2}calls (.*)$/m.exec(lines)?.[1] ?? '{}') as Record<string, number>
      // Without calls in each part of a restart none could fail.
      const met = ['one stops', 'one starts', 'both serve'].every((phase) => begun[phase]! > 20)
      const found = { restarted: Number(restarts) >= 2, met, failed: Number(failed), few: Number(refused) <= most }
      expect({ stderr, stdout, ...found }).toMatchObject({ stderr: '', restarted: true, met: true, failed: 0, few: true })
    })
  }
})
