/** Each time the live stream of the console was opened counted as activity. The browser opens it again by itself: behind a proxy that cuts long answers, a forgotten tab kept its session from ever being idle. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { type Carried, startBff } from '../../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['in Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]

test.each(stores)('what a page asks by itself is no activity of the person, %s', async (_name, env) => {
  await using bff = await startBff({ env })
  const ada = { kind: 'cookie' as const, roles: ['auditor' as const], actor: { id: 'ada' } }
  const [tab, other] = [await bff.signIn(ada), await bff.signIn(ada)]
  const sessions = async (headers: Carried): Promise<{ current: boolean; lastSeenAt: string }[]> =>
    (await bff.call('GET', '/auth/sessions', { headers })).json.sessions
  const seen = async () => (await sessions(other)).find(({ current }) => !current)!.lastSeenAt
  const open = async (path: string) => {
    const stop = new AbortController()
    const { status } = await fetch(`${bff.app.publicUrl}/bff${path}`, { headers: tab, signal: stop.signal })
    stop.abort()
    return status
  }
  const begin = await seen()
  await sleep(20)
  for (const path of ['/ops/api/stream', '/ops/api/stream?from=0', '/ops/rows'])
    expect([await open(path), await seen()]).toEqual([200, begin])
  expect(await open('/ops/api/status')).toBe(200)
  expect(await seen()).not.toBe(begin)
})
