/** Sessions in Redis. All keys of a person carry the hash tag {tag}, so each method is one script on one node; the clock is Redis's own.
 *
 * | key | type | content | lives |
 * |---|---|---|---|
 * | `bff:s:{tag}:<sha256(jti)>` | hash | v sealed record, c created, a absolute end, i idle limit and whole life in ms, l last use; x sealed particulars, if any | idle limit, at most the absolute one |
 * | `bff:f:{tag}:<sha256(family)>` | hash | a refresh family, see redis-refresh.ts | its idle limit, at most the absolute one |
 * | `bff:m:{tag}` | hash | notBefore, ahead, gone (ms), smooch (HMAC of the smoochId), roles (sealed); of an app: notBefore, ahead, latest (ms); of what a provider names: gone, signedOut (s of its clock), and as of `logouts` for all heard (a count) | 100 days after the last mark |
 * | `bff:r:{tag}` | hash | removal under way → its `gone`, 0: taken back before it came; before: the one of earlier removals | until the person's sessions are ended, at most 100 days |
 * | `bff:n:{tag}` | hash | sid → created, absolute end, sealed index entry | longest session in it |
 * | `bff:n:{replicas-<journal>}` | hash | process → since when, end, digests of what all must share | 15 s after the last of them |
 * | `bff:n:{HMAC of a smoochId}` | hash | tag of the person who has it → created, end, sealed userId | 100 days after that person's last sign-in |
 * | `bff:o:{tag}:<name>` | string | what an Idempotency-Key stands for, sealed; `!` and a claim that was given free before it came; of a clock: the highest time seen (ms); saved views of the console, sealed | 24 h; `!` 5 minutes; of a clock 100 days; of views a year |
 * | `bff:l:{tag}:<class>` | string | uses in this window; of a program `service:` and the beginning of its session's key | window |
 */
import type { ObserveRedis } from '../../platform/metrics/metrics.ts'
import type { Script } from '../../platform/redis/batches.ts'
import { connectRedis, type RedisClient } from '../../platform/redis/client.ts'
import type { RedisSource, Tell } from '../../platform/redis/connection.ts'
import {
  addExtra,
  addListed,
  begin,
  clock,
  endedBy,
  family,
  limitsIn,
  list,
  listIn,
  marks,
  session,
  sessionIn,
  useLimit,
} from './redis-layout.ts'
import { beginning, markScripts, marksOn } from './redis-marks.ts'
import { familiesOn, familyScripts } from './redis-refresh.ts'
import { latestMs, type SessionStore } from './session-store.ts'

/** The cache's part of finding a session: two Redis keys, Lua `look(key, key, token, now)` that
 * returns one text, and the script that releases its lease. */
export interface PrefetchScript {
  readonly keys: (tag: string) => readonly [string, string]
  readonly lua: string
  readonly release: Script
}

const noPrefetch: PrefetchScript = {
  keys: (tag) => [marks(tag), marks(tag)],
  lua: `local function look() return '' end`,
  release: { numberOfKeys: 2, lua: '' },
}

const scripts = {
  bffCreate: {
    numberOfKeys: 4,
    lua: `${clock}${addListed}${addExtra}${endedBy}${begin}
local created = begin(KEYS[2], KEYS[4], ARGV[7])
local expires = now + ARGV[3]
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', string.format('%.0f', created), 'a', string.format('%.0f', expires), 'i', ARGV[2] .. '.' .. ARGV[3])
addExtra(KEYS[1], ARGV[6])
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + ARGV[2], expires)))
addListed(KEYS[3], ARGV[4], created, expires, ARGV[5])
return {created, expires}`,
  },
  bffEnter: {
    numberOfKeys: 6,
    lua: `${clock}${useLimit}${endedBy}${limitsIn}
local s = redis.call('HMGET', KEYS[1], 'v', 'c', 'a', 'i')
if not s[1] then return '' end
local m = redis.call('HMGET', KEYS[2], 'notBefore', 'gone', 'smooch', 'roles', 'ahead')
local idle, life = limitsIn(s[4])
local created, expires = tonumber(s[2]), math.min(s[3], now + life)
if created <= math.max(m[1] or 0, m[5] or 0, endedBy(KEYS[4])) then redis.call('DEL', KEYS[1]); return '' end
if expires < tonumber(s[3]) then redis.call('HSET', KEYS[1], 'a', string.format('%.0f', expires)) end
if ARGV[1] == '1' then redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + idle, expires))); redis.call('HSET', KEYS[1], 'l', string.format('%.0f', now))
elseif redis.call('PTTL', KEYS[1]) > idle then redis.call('PEXPIRE', KEYS[1], idle) end
local used, left = 0, 0
if ARGV[2] ~= '0' then used, left = use(KEYS[3], ARGV[2]) end
local prefetched = ARGV[3] ~= '' and look(KEYS[5], KEYS[6], ARGV[3], now) or ''
local gone = tonumber(m[2] or 0) >= created and 1 or 0
return string.format('%s %.0f %.0f %.0f %s %d %d %d %s %s', s[1], created, expires, now, m[3] or '', gone, used, left, m[4] or '', prefetched)`,
  },
  bffEnd: {
    numberOfKeys: 3,
    lua: `${endedBy}
local created = redis.call('HGET', KEYS[1], 'c')
if created then redis.call('HDEL', KEYS[3], ARGV[1]) end
redis.call('DEL', KEYS[1])
return created and tonumber(created) > endedBy(KEYS[2]) and 1 or 0`,
  },
  bffRotate: {
    numberOfKeys: 4,
    lua: `${clock}${addListed}${addExtra}${endedBy}
local s = redis.call('HMGET', KEYS[1], 'c', 'a')
if not s[1] then s = redis.call('HMGET', KEYS[4], 'c', 'a') end
if not s[1] or tonumber(s[1]) <= endedBy(KEYS[2]) then return {} end
local expires = math.min(s[2], now + ARGV[6])
redis.call('HSET', KEYS[4], 'v', ARGV[1], 'c', s[1], 'a', string.format('%.0f', expires), 'i', ARGV[2] .. '.' .. ARGV[6], 'l', string.format('%.0f', now))
addExtra(KEYS[4], ARGV[5])
redis.call('PEXPIREAT', KEYS[4], string.format('%.0f', math.min(now + ARGV[2], expires)))
redis.call('DEL', KEYS[1])
addListed(KEYS[3], ARGV[3], tonumber(s[1]), expires, ARGV[4])
return {tonumber(s[1]), expires}`,
  },
  bffExtra: { numberOfKeys: 1, lua: `return redis.call('HGET', KEYS[1], 'x')` },
  // The names in ARGV carry the tag of KEYS[1], so they lie on the same node.
  bffLastSeen: {
    numberOfKeys: 1,
    lua: `local seen = {}
for i, key in ipairs(ARGV) do
  local at = redis.call('HMGET', key, 'l', 'c')
  seen[i] = tonumber(at[1] or at[2] or 0)
end
return seen`,
  },
  bffNow: { numberOfKeys: 1, lua: `${clock} return now` },
  bffClaim: {
    numberOfKeys: 1,
    lua: `local old = redis.call('GET', KEYS[1])
if old == '!' .. ARGV[1] then return old end
if old and old ~= ARGV[1] and string.sub(old, 1, 1) ~= '!' then return old end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`,
  },
  bffGet: {
    numberOfKeys: 1,
    lua: `local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, 1) ~= '!' then return value end`,
  },
  bffUnclaim: {
    numberOfKeys: 1,
    lua: `local old = redis.call('GET', KEYS[1])
if old == ARGV[1] then redis.call('DEL', KEYS[1])
elseif not old then redis.call('SET', KEYS[1], '!' .. ARGV[1], 'PX', ${latestMs}) end`,
  },
  bffPut: { numberOfKeys: 1, lua: `redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])` },
  bffRaise: {
    numberOfKeys: 1,
    lua: `redis.call('SET', KEYS[1], string.format('%.0f', math.max(ARGV[1], redis.call('GET', KEYS[1]) or 0)), 'PX', ARGV[2])`,
  },
  bffUse: { numberOfKeys: 1, lua: `${clock}${useLimit}\nlocal used, left = use(KEYS[1], ARGV[1]); return {used, left}` },
  bffUsed: { numberOfKeys: 1, lua: `${useLimit}\nreturn {tonumber(redis.call('GET', KEYS[1]) or 0), leftOf(KEYS[1], ARGV[1])}` },
  bffAddToList: {
    numberOfKeys: 1,
    lua: `${clock}${addListed}\naddListed(KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4])`,
  },
  bffRemoveFromList: { numberOfKeys: 1, lua: `redis.call('HDEL', KEYS[1], ARGV[1])` },
  ...familyScripts,
  ...markScripts,
  bffList: {
    numberOfKeys: 1,
    lua: `${clock}
local all, live = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  if tonumber(string.match(all[i + 1], '^%d+:(%d+):')) > now then live[#live + 1] = all[i]; live[#live + 1] = all[i + 1]
  else redis.call('HDEL', KEYS[1], all[i]) end
end
return live`,
  },
} satisfies Record<string, Script>

const valueKey = (tag: string, name: string) => `bff:o:{${tag}}:${name}`
const limitKey = (tag: string, name: string) => `bff:l:{${tag}}:${name}`

export const redisStore = async (source: RedisSource, tell: Tell, prefetch = noPrefetch, observe?: ObserveRedis): Promise<SessionStore> => {
  const bffEnter = { ...scripts.bffEnter, lua: `${prefetch.lua}\n${scripts.bffEnter.lua}` }
  const all = { ...scripts, bffEnter, bffRelease: prefetch.release }
  return storeOn(await connectRedis(source, all, tell, { mayEvict: false, observe }), prefetch)
}

const storeOn = (redis: RedisClient<keyof typeof scripts | 'bffRelease'>, prefetch: PrefetchScript): SessionStore => ({
  ...familiesOn(redis),
  ...marksOn(redis),
  create: async (place, { sid, sealed, index, idleMs, absoluteMs, extra, app }) =>
    await beginning(redis, place.tag, app, async (appMarks, least) => {
      const keys = [session(place), marks(place.tag), list(place.tag), appMarks]
      const answer = await redis.run('bffCreate', keys, [sealed, idleMs, absoluteMs, sid, index, extra ?? '', least])
      const [createdMs, expiresMs] = answer as [number, number]
      return { createdMs, expiresMs }
    }),
  enter: async (place, { touch, limit, app, prefetch: wanted }) => {
    // On a Cluster the app's mark lies elsewhere and is read beside; the person's own stands in.
    const elsewhere = redis.cluster && app !== undefined
    const keys = [
      session(place),
      marks(place.tag),
      limitKey(place.tag, limit?.name ?? 'none'),
      marks(elsewhere ? place.tag : (app ?? place.tag)),
      ...prefetch.keys(place.tag),
    ]
    const answer = redis.run('bffEnter', keys, [touch ? 1 : 0, limit?.windowMs ?? 0, wanted ?? ''])
    if (!elsewhere) return sessionIn((await answer) as string)
    const [found, endedByMs] = await Promise.all([answer, redis.run('bffEndedBy', [marks(app)])])
    const lived = sessionIn(found as string)
    if (!lived || lived.createdMs > Number(endedByMs)) return lived
    if (wanted !== undefined) await redis.run('bffRelease', prefetch.keys(place.tag), [wanted])
    return undefined
  },
  rotate: async (old, key, { sid, sealed, index, idleMs, absoluteMs, extra }) => {
    const keys = [session(old), marks(old.tag), list(old.tag), session({ key, tag: old.tag })]
    const [createdMs, expiresMs] = (await redis.run('bffRotate', keys, [sealed, idleMs, sid, index, extra ?? '', absoluteMs])) as number[]
    return createdMs === undefined || expiresMs === undefined ? undefined : { createdMs, expiresMs }
  },
  extra: async (place) => ((await redis.run('bffExtra', [session(place)])) as string | null) || undefined,
  lastSeen: async (tag, records) => {
    const names = records.map(({ key, family: inFamily }) => (inFamily ? family : session)({ key, tag }))
    return ((await redis.run('bffLastSeen', [list(tag)], names)) as number[]).map((at) => at || undefined)
  },
  end: async (place, sid) => (await redis.run('bffEnd', [session(place), marks(place.tag), list(place.tag)], [sid])) === 1,
  use: async (tag, limit) => {
    const [used, leftMs] = (await redis.run('bffUse', [limitKey(tag, limit.name)], [limit.windowMs])) as [number, number]
    return { used, leftMs }
  },
  used: async (tag, limit) => {
    const [used, leftMs] = (await redis.run('bffUsed', [limitKey(tag, limit.name)], [limit.windowMs])) as [number, number]
    return { used, leftMs }
  },
  list: async (tag) => listIn((await redis.run('bffList', [list(tag)])) as string[]),
  addToList: async (tag, { sid, createdMs, expiresMs, index }) =>
    void (await redis.run('bffAddToList', [list(tag)], [sid, createdMs, expiresMs, index])),
  removeFromList: async (tag, sid) => void (await redis.run('bffRemoveFromList', [list(tag)], [sid])),
  claim: async (tag, name, value, ttlMs) =>
    ((await redis.run('bffClaim', [valueKey(tag, name)], [value, ttlMs])) as string | null) ?? undefined,
  get: async (tag, name) => ((await redis.run('bffGet', [valueKey(tag, name)])) as string | null) ?? undefined,
  unclaim: async (tag, name, value) => void (await redis.run('bffUnclaim', [valueKey(tag, name)], [value])),
  put: async (tag, name, value, ttlMs) => void (await redis.run('bffPut', [valueKey(tag, name)], [value, ttlMs])),
  raise: async (tag, name, value, ttlMs) => void (await redis.run('bffRaise', [valueKey(tag, name)], [value, ttlMs])),
  // A script has a node by its key; no key is there.
  now: async () => (await redis.run('bffNow', [marks('clock')])) as number,
  ping: () => redis.prove(),
  close: () => redis.close(),
})
