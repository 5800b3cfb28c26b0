/** Refresh families in Redis: a hash beside the person's sessions with the present token (t), its
 * access session and those before that still live (n, o: a list), and used tokens (u:…). */

import type { Script } from '../../platform/redis/batches.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import type { SessionRef } from '../record.ts'
import { type FamilyStore, type FamilyTimes, overlapMs, type RefreshResult } from './family-store.ts'
import { addListed, begin, clock, endedBy, family, limitsIn, list, marks, session } from './redis-layout.ts'
import { beginning, type markScripts } from './redis-marks.ts'

const open = `
local function open(key, sealed, created, life, expires)
  local ends = math.min(now + life, expires)
  redis.call('HSET', key, 'v', sealed, 'c', created, 'a', string.format('%.0f', ends), 'i', life .. '.' .. life)
  redis.call('PEXPIREAT', key, string.format('%.0f', ends))
  return ends
end`

const close = `
local function close(family, prefix, present, before)
  redis.call('DEL', family, prefix .. present)
  for key in string.gmatch(before or '', '%S+') do redis.call('DEL', prefix .. key) end
end`

export const familyScripts = {
  bffFamilyCreate: {
    numberOfKeys: 5,
    lua: `${clock}${addListed}${endedBy}${begin}${open}
local created = begin(KEYS[2], KEYS[5], ARGV[10])
local expires, c = now + ARGV[3], string.format('%.0f', created)
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', c, 'a', string.format('%.0f', expires), 'i', ARGV[2] .. '.' .. ARGV[3], 't', ARGV[6], 'n', ARGV[7], 'l', c)
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + ARGV[2], expires)))
addListed(KEYS[3], ARGV[4], created, expires, ARGV[5])
return {created, expires, open(KEYS[4], ARGV[8], c, ARGV[9], expires), now}`,
  },
  bffFamilyRead: {
    numberOfKeys: 2,
    lua: `${endedBy}
local f = redis.call('HMGET', KEYS[1], 'v', 'c')
if not f[1] or tonumber(f[2]) <= endedBy(KEYS[2]) then return {} end
return {f[1], redis.call('HGET', KEYS[2], 'roles') or '', tonumber(f[2])}`,
  },
  // Earlier access sessions are found by prefix (ARGV[7]); their tag puts them on this node.
  bffRefresh: {
    numberOfKeys: 4,
    lua: `${clock}${endedBy}${limitsIn}${open}${close}
local f = redis.call('HMGET', KEYS[1], 'c', 'a', 'i', 't', 'n', 'o')
if not f[1] or tonumber(f[1]) <= endedBy(KEYS[2]) then return {'over'} end
local idle, life = limitsIn(f[3])
local created, expires = tonumber(f[1]), math.min(f[2], now + life)
local used = redis.call('HGET', KEYS[1], 'u:' .. ARGV[1])
if f[4] == ARGV[1] then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'u:' and now - string.match(all[i + 1], '^%d+') > tonumber(ARGV[6]) then redis.call('HDEL', KEYS[1], all[i]) end
  end
  local before = ARGV[7] .. f[5]
  local ends = redis.call('HGET', before, 'a')
  if ends then
    local soon = string.format('%.0f', math.min(now + ARGV[8], ends))
    redis.call('HSET', before, 'a', soon)
    redis.call('PEXPIREAT', before, soon)
  end
  local olds = f[5]
  for key in string.gmatch(f[6] or '', '%S+') do if redis.call('PTTL', ARGV[7] .. key) > -2 then olds = olds .. ' ' .. key end end
  local accessEnds = open(KEYS[3], ARGV[4], f[1], ARGV[5], expires)
  redis.call('HSET', KEYS[1], 'a', string.format('%.0f', expires), 't', ARGV[2], 'n', ARGV[3], 'o', olds, 'l', string.format('%.0f', now),
    'u:' .. ARGV[1], string.format('%.0f:%.0f:%s', now, accessEnds, ARGV[2]))
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + idle, expires)))
  return {'new', ARGV[2], created, expires, accessEnds, now}
end
if used then
  local at, ends, next = string.match(used, '^(%d+):(%d+):(.*)$')
  -- Later than now: the clock was set back.
  if math.abs(now - at) <= tonumber(ARGV[6]) then return {'same', next, created, expires, tonumber(ends), now} end
end
close(KEYS[1], ARGV[7], f[5], f[6])
redis.call('HDEL', KEYS[4], ARGV[9])
return {'reused'}`,
  },
  bffFamilyEnd: {
    numberOfKeys: 3,
    lua: `${endedBy}${close}
local f = redis.call('HMGET', KEYS[1], 'c', 'n', 'o')
redis.call('HDEL', KEYS[3], ARGV[2])
if not f[1] then return 0 end
close(KEYS[1], ARGV[1], f[2], f[3])
return tonumber(f[1]) > endedBy(KEYS[2]) and 1 or 0`,
  },
} satisfies Record<string, Script>

type Name = keyof typeof familyScripts | keyof typeof markScripts

const accessAt = ({ tag }: SessionRef, key: string) => session({ key, tag })

export const familiesOn = (redis: RedisClient<Name>): FamilyStore => ({
  createFamily: async (place, { sid, sealed, index, idleMs, absoluteMs, token, access, app }) =>
    await beginning(redis, place.tag, app, async (appMarks, least) => {
      const keys = [family(place), marks(place.tag), list(place.tag), accessAt(place, access.key), appMarks]
      const args = [sealed, idleMs, absoluteMs, sid, index, token, access.key, access.sealed, access.lifeMs, least]
      const [createdMs, expiresMs, accessExpiresMs, nowMs] = (await redis.run('bffFamilyCreate', keys, args)) as [
        number,
        number,
        number,
        number,
      ]
      return { createdMs, expiresMs, accessExpiresMs, nowMs }
    }),
  readFamily: async (place, app) => {
    const [answer, endedByMs] = await Promise.all([
      redis.run('bffFamilyRead', [family(place), marks(place.tag)]),
      app === undefined ? 0 : redis.run('bffEndedBy', [marks(app)]),
    ])
    const found = answer as [string, string, number] | []
    if (found.length === 0 || found[2] <= Number(endedByMs)) return undefined
    return { sealed: found[0], roles: found[1] || undefined }
  },
  refresh: async (place, { sid, token, next, access, graceMs }) => {
    const keys = [family(place), marks(place.tag), accessAt(place, access.key), list(place.tag)]
    const args = [token, next, access.key, access.sealed, access.lifeMs, graceMs, accessAt(place, ''), overlapMs, sid]
    return refreshed((await redis.run('bffRefresh', keys, args)) as RefreshAnswer)
  },
  endFamily: async (place, sid) =>
    (await redis.run('bffFamilyEnd', [family(place), marks(place.tag), list(place.tag)], [accessAt(place, ''), sid])) === 1,
})

type RefreshAnswer = ['new' | 'same', string, number, number, number, number] | ['over' | 'reused']

const refreshed = (answer: RefreshAnswer): RefreshResult => {
  if (answer.length === 1) return { outcome: answer[0] }
  const [outcome, next, createdMs, expiresMs, accessExpiresMs, nowMs] = answer
  const times: FamilyTimes = { createdMs, expiresMs, accessExpiresMs, nowMs }
  return { outcome, next, ...times }
}
