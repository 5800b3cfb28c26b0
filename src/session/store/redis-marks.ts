/** Marks of people and apps in Redis: when their sessions ended, that they are gone, their roles;
 * and the beginning of a session after all of them. */

import type { Script } from '../../platform/redis/batches.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { begin, clock, endedBy, latestIn, list, marks, removals } from './redis-layout.ts'
import { markTtlMs, type SessionStore } from './session-store.ts'

export const markScripts = {
  bffEndAll: {
    numberOfKeys: 3,
    lua: `${clock}${latestIn}
local before = redis.call('HMGET', KEYS[1], 'notBefore', 'latest')
redis.call('HSET', KEYS[1], 'notBefore', string.format('%.0f', math.max(now, before[1] or 0)))
local ahead = math.max(latestIn(KEYS[2]), before[2] or 0)
if ahead > now then redis.call('HSET', KEYS[1], 'ahead', string.format('%.0f', ahead)) end
redis.call('PEXPIRE', KEYS[1], ${markTtlMs})
redis.call('DEL', KEYS[2], KEYS[3])`,
  },
  bffMark: {
    numberOfKeys: 1,
    lua: `redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]); redis.call('PEXPIRE', KEYS[1], ${markTtlMs})`,
  },
  bffMarkGone: {
    numberOfKeys: 3,
    lua: `${clock}${latestIn}
if redis.call('HGET', KEYS[3], ARGV[1]) == '0' then return end
local before = tonumber(redis.call('HGET', KEYS[1], 'gone') or 0)
if before ~= latestIn(KEYS[3]) then redis.call('HSET', KEYS[3], 'before', string.format('%.0f', before)) end
local at = string.format('%.0f', math.max(now, before + 1, latestIn(KEYS[2])))
redis.call('HSET', KEYS[3], ARGV[1], at)
redis.call('HSET', KEYS[1], 'gone', at)
for i = 1, 3, 2 do redis.call('PEXPIRE', KEYS[i], ${markTtlMs}) end`,
  },
  bffUnmarkGone: {
    numberOfKeys: 2,
    lua: `${latestIn}
local at, gone = redis.call('HGET', KEYS[2], ARGV[1]), redis.call('HGET', KEYS[1], 'gone')
if not at then
  redis.call('HSET', KEYS[2], ARGV[1], '0')
  redis.call('PEXPIRE', KEYS[2], ${markTtlMs})
  return
end
if at == '0' then return end
redis.call('HDEL', KEYS[2], ARGV[1])
if gone ~= at then return end
local last = latestIn(KEYS[2])
if last == 0 then redis.call('HDEL', KEYS[1], 'gone') else redis.call('HSET', KEYS[1], 'gone', string.format('%.0f', last)) end`,
  },
  bffMarkSignedOut: {
    numberOfKeys: 1,
    lua: `${clock}
local before = redis.call('HMGET', KEYS[1], 'heard', 'signedOut')
local heard, said = math.max(ARGV[1], before[1] or 0), math.max(ARGV[2], before[2] or 0)
redis.call('HSET', KEYS[1], 'gone', string.format('%.0f', now), 'heard', string.format('%.0f', heard), 'signedOut', string.format('%.0f', said))
redis.call('PEXPIRE', KEYS[1], ${markTtlMs})`,
  },
  bffAddLogout: {
    numberOfKeys: 1,
    lua: `local heard = (redis.call('HGET', KEYS[1], 'heard') or 0) + 1
redis.call('HSET', KEYS[1], 'heard', string.format('%.0f', heard))
redis.call('PEXPIRE', KEYS[1], ${markTtlMs})
return heard`,
  },
  bffUnmark: { numberOfKeys: 1, lua: `redis.call('HDEL', KEYS[1], ARGV[1])` },
  bffReadMark: { numberOfKeys: 1, lua: `return redis.call('HGET', KEYS[1], ARGV[1])` },
  bffEndedBy: { numberOfKeys: 1, lua: `${endedBy} return endedBy(KEYS[1])` },
  bffBegan: { numberOfKeys: 1, lua: `${endedBy}${begin} began(KEYS[1], ARGV[1])` },
} satisfies Record<string, Script>

/** The tag of the count of logouts, on one node for all. */
const logouts = 'logouts'

type Redis = RedisClient<keyof typeof markScripts>
type Marks = 'endAll' | 'endedBy' | 'mark' | 'markGone' | 'unmarkGone' | 'logouts' | 'addLogout' | 'markSignedOut' | 'unmark' | 'readMark'

export const marksOn = (redis: Redis): Pick<SessionStore, Marks> => ({
  endAll: async (tag) => void (await redis.run('bffEndAll', [marks(tag), list(tag), removals(tag)])),
  endedBy: async (tag) => (await redis.run('bffEndedBy', [marks(tag)])) as number,
  mark: async (tag, mark, value) => void (await redis.run('bffMark', [marks(tag)], [mark, value])),
  markGone: async (tag, removal) => void (await redis.run('bffMarkGone', [marks(tag), list(tag), removals(tag)], [removal])),
  unmarkGone: async (tag, removal) => void (await redis.run('bffUnmarkGone', [marks(tag), removals(tag)], [removal])),
  logouts: async () => Number((await redis.run('bffReadMark', [marks(logouts)], ['heard'])) ?? 0),
  addLogout: async () => (await redis.run('bffAddLogout', [marks(logouts)])) as number,
  markSignedOut: async (tag, { heard, saidAt }) => void (await redis.run('bffMarkSignedOut', [marks(tag)], [heard, saidAt])),
  unmark: async (tag, mark) => void (await redis.run('bffUnmark', [marks(tag)], [mark])),
  readMark: async (tag, mark) => ((await redis.run('bffReadMark', [marks(tag)], [mark])) as string | null) ?? undefined,
})

/** The making of a session after the last end of its app. On a Cluster the app's marks lie on
 * another node: they are read before, and told afterwards. */
export const beginning = async <T extends { readonly createdMs: number }>(
  redis: Redis,
  tag: string,
  app: string | undefined,
  make: (appMarks: string, least: number) => Promise<T>,
): Promise<T> => {
  if (app === undefined || !redis.cluster) return await make(marks(app ?? tag), 0)
  const made = await make(marks(tag), Number(await redis.run('bffEndedBy', [marks(app)])) + 1)
  await redis.run('bffBegan', [marks(app)], [made.createdMs])
  return made
}
