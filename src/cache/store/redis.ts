/** The cache in Redis. Every cache key is a hash tag, so each method is one script on one node; the clock is Redis's own.
 *
 * {key} belongs to one name of a person: HMAC of app + userId (the person key of that person's sessions, so that a hot read of
 * one's own user finds session, limit and entry on one node), or HMAC of app + smoochId.
 *
 * | key | type | content | lives |
 * |---|---|---|---|
 * | `bff:u:{key}` | hash | v sealed entry, t stored at, f fresh until; g generation, l lease, lu lease until | 5 min after the last store, 5 s for "no such user" |
 * | `bff:k:{key}` | hash | n keyed other name, o the same sealed, b no new alias until; x no entry until, xn of which smoochId; w who alone writes | 24 h after the last store |
 *
 * A write invalidates `bff:u` (and with it generation and lease; the entry itself may stay for when the vendor fails) before and after, under the key it names and the one behind its alias. What
 * stores an entry first writes the alias under the key of the other name, so no entry exists that a write under either name could miss.
 */

import type { ObserveRedis } from '../../platform/metrics/metrics.ts'
import type { Script } from '../../platform/redis/batches.ts'
import { connectRedis, type RedisClient } from '../../platform/redis/client.ts'
import type { RedisSource, Tell } from '../../platform/redis/connection.ts'
import { times } from '../lifetimes.ts'
import type { CacheStore, LookupResult } from './cache-store.ts'

const entryKey = (key: string) => `bff:u:{${key}}`
const aliasKey = (key: string) => `bff:k:{${key}}`

/** `look(entry, alias, token, now)`, alone and as a part of the script that finds a session; `now`
 * in milliseconds. One text as answer: cheaper to read than a list. */
const lookupLua = `
local function look(entry, alias, token, now)
  local c = redis.call('HMGET', entry, 'v', 't', 'f', 'g', 'l', 'lu')
  -- Later than now: the clock was set back, and nobody knows how old it is.
  if tonumber(c[2] or 0) > now or tonumber(c[6] or 0) > now + ${times.leaseMs} then redis.call('DEL', entry); c = {} end
  local sealed, age = c[1] or '', c[2] and now - c[2] or 0
  if c[1] and now < tonumber(c[3]) then return string.format('fresh %s %d %d', sealed, age, c[3] - now) end
  if tonumber(redis.call('HGET', alias, 'x') or 0) > now then return string.format('blocked %s %d', sealed, age) end
  if tonumber(c[6] or 0) > now and c[5] ~= token then return string.format('held %s %d %s %d', sealed, age, c[5], c[6] - now) end
  local g = c[4] or token
  redis.call('HSET', entry, 'g', g, 'l', token, 'lu', string.format('%.0f', now + ${times.leaseMs}))
  if redis.call('PTTL', entry) < ${times.fillMs} then redis.call('PEXPIRE', entry, ${times.fillMs}) end
  return string.format('granted %s %d %s %.0f', sealed, age, g, now)
end`

/** The steps for the session script: look up the cache key of its person, and end the lease. */
export const prefetchScript = {
  keys: (tag: string): readonly [string, string] => [entryKey(tag), aliasKey(tag)],
  lua: lookupLua,
  release: {
    numberOfKeys: 2,
    lua: `if redis.call('HGET', KEYS[1], 'l') == ARGV[1] then redis.call('HDEL', KEYS[1], 'l', 'lu') end`,
  },
}

const bffLookup = {
  numberOfKeys: 2,
  lua: `${lookupLua}
local t = redis.call('TIME')
return look(KEYS[1], KEYS[2], ARGV[1], t[1] * 1000 + math.floor(t[2] / 1000))`,
}

export const parseLookup = ([state, sealed = '', age, third = '', fourth]: readonly string[]): LookupResult => {
  if (state === 'fresh') return { state, sealed, ageMs: Number(age), leftMs: Number(third) }
  const old = { ...(sealed && { sealed }), ageMs: Number(age) }
  if (state !== 'granted' && state !== 'held') return { state: 'blocked', ...(sealed && old) }
  return state === 'granted'
    ? { state, generation: third, atMs: Number(fourth), ...old }
    : { state, holder: third, leftMs: Number(fourth), ...old }
}

const clock = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function at(ms) return string.format('%.0f', ms) end
local function num(v) return tonumber(v or 0) end`
const live = `
local function atLeast(key, ms) if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, at(ms)) end end`

const scripts = {
  bffLookup,
  bffStore: {
    numberOfKeys: 2,
    lua: `${clock}${live}
if redis.call('HGET', KEYS[1], 'g') ~= ARGV[1] or now < tonumber(ARGV[2]) or now - ARGV[2] > ${times.fillMs} then return 0 end
if num(redis.call('HGET', KEYS[2], 'x')) > now then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[3], 't', at(now), 'f', at(now + ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local c = redis.call('HMGET', KEYS[2], 'n', 'b')
if ARGV[6] ~= '' and (c[1] == ARGV[6] or num(c[2]) <= now) then redis.call('HSET', KEYS[2], 'n', ARGV[6], 'o', ARGV[7]); atLeast(KEYS[2], ${times.aliasMs}) end
return 1`,
  },
  bffAlias: {
    numberOfKeys: 1,
    lua: `${clock}${live}
local c = redis.call('HMGET', KEYS[1], 'n', 'b', 'x')
if num(c[3]) > now or (c[1] ~= ARGV[1] and num(c[2]) > now) then return 0 end
redis.call('HSET', KEYS[1], 'n', ARGV[1], 'o', ARGV[2])
atLeast(KEYS[1], ${times.aliasMs})
return 1`,
  },
  bffInvalidate: {
    numberOfKeys: 2,
    lua: `${clock}${live}
local stored = ARGV[7] ~= '' and redis.call('HGET', KEYS[1], 't')
if stored then
  redis.call('HSET', KEYS[1], 'f', '0', 't', at(math.min(stored, now - ARGV[7])))
  redis.call('HDEL', KEYS[1], 'g', 'l', 'lu')
else redis.call('DEL', KEYS[1]) end
local c = redis.call('HMGET', KEYS[2], 'o', 'x', 'xn', 'n', 'b')
local contended = ARGV[4] ~= '' and c[4] ~= ARGV[4] and num(c[5]) > now
if ARGV[6] ~= '' and num(c[2]) <= now then redis.call('HSET', KEYS[2], 'w', ARGV[6]) else redis.call('HDEL', KEYS[2], 'w') end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], 'n', ARGV[4], 'o', ARGV[5]); redis.call('HDEL', KEYS[2], 'b'); atLeast(KEYS[2], ${times.aliasMs})
else redis.call('HSET', KEYS[2], 'b', at(now + ${times.unaliasedMs})) end
if ARGV[3] ~= '' and c[3] == ARGV[3] then redis.call('HDEL', KEYS[2], 'x', 'xn'); c[2] = false; c[3] = false end
if num(ARGV[1]) > 0 then redis.call('HSET', KEYS[2], 'x', at(math.max(num(c[2]), now + ARGV[1])))
elseif not c[3] then redis.call('HDEL', KEYS[2], 'x') end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[2], 'xn', ARGV[2]) elseif c[3] and num(c[2]) <= now then redis.call('HDEL', KEYS[2], 'xn') end
atLeast(KEYS[2], math.max(${times.unaliasedMs}, num(ARGV[1])))
if ARGV[4] ~= '' and c[3] and num(c[2]) > now then contended = true end
return (contended and '1' or '0') .. (c[1] or '')`,
  },
  bffWriteThrough: {
    numberOfKeys: 2,
    lua: `${clock}${live}
local c = redis.call('HMGET', KEYS[2], 'w', 'x', 'xn')
if c[1] ~= ARGV[1] or num(c[2]) <= now or c[3] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[2], 't', at(now), 'f', at(now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('HDEL', KEYS[2], 'w', 'x', 'b')
redis.call('HSET', KEYS[2], 'n', ARGV[5], 'o', ARGV[6])
atLeast(KEYS[2], ${times.aliasMs})
return 1`,
  },
  bffRelease: prefetchScript.release,
} satisfies Record<string, Script>

export const redisCache = async (source: RedisSource, tell: Tell, observe?: ObserveRedis): Promise<CacheStore> =>
  cacheOn(await connectRedis(source, scripts, tell, observe && { observe }))

const { keys } = prefetchScript

const cacheOn = (redis: RedisClient<keyof typeof scripts>): CacheStore => ({
  lookup: async (key, token) => parseLookup(((await redis.run('bffLookup', keys(key), [token])) as string).split(' ')),
  store: async (key, { generation, atMs, sealed, freshMs, keepMs, alias }) =>
    (await redis.run('bffStore', keys(key), [generation, atMs, sealed, freshMs, keepMs, alias?.name ?? '', alias?.sealed ?? ''])) === 1,
  alias: async (key, { name, sealed }) => (await redis.run('bffAlias', [aliasKey(key)], [name, sealed])) === 1,
  invalidate: async (key, { blockMs, tombstone = '', final = '', alias = { name: '', sealed: '' }, writeToken = '', agedMs = '' }) => {
    const args = [blockMs, tombstone, final, alias.name, alias.sealed, writeToken, agedMs]
    const found = (await redis.run('bffInvalidate', keys(key), args)) as string
    return { contended: found.startsWith('1'), ...(found.length > 1 && { alias: found.slice(1) }) }
  },
  writeThrough: async (key, { writeToken, sealed, freshMs, keepMs, alias }) =>
    (await redis.run('bffWriteThrough', keys(key), [writeToken, sealed, freshMs, keepMs, alias.name, alias.sealed])) === 1,
  release: async (key, token) => void (await redis.run('bffRelease', keys(key), [token])),
  close: () => redis.close(),
})
