/** The lookup in Redis, alone and as a part of the script that finds a session. One text as answer:
 * cheaper to read than a list. */
import { type LookupResult, times } from './cache-store.ts'

const entryKey = (key: string) => `bff:u:{${key}}`
export const aliasKey = (key: string) => `bff:k:{${key}}`

/** `look(entry, alias, token, now)`; `now` in milliseconds. */
const lookupLua = `
local function look(entry, alias, token, now)
  local c = redis.call('HMGET', entry, 'v', 't', 'f', 'g', 'l', 'lu')
  local sealed, age = c[1] or '', c[2] and now - c[2] or 0
  if c[1] and now < tonumber(c[3]) then return string.format('fresh %s %d %d', sealed, age, c[3] - now) end
  if tonumber(redis.call('HGET', alias, 'x') or 0) > now then return string.format('blocked %s %d', sealed, age) end
  if tonumber(c[6] or 0) > now then return string.format('led %s %d %s %d', sealed, age, c[5], c[6] - now) end
  local g = c[4] or token
  redis.call('HSET', entry, 'g', g, 'l', token, 'lu', string.format('%.0f', now + ${times.leaseMs}))
  if redis.call('PTTL', entry) < ${times.fillMs} then redis.call('PEXPIRE', entry, ${times.fillMs}) end
  return string.format('lead %s %d %s %.0f', sealed, age, g, now)
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

export const bffLookup = {
  numberOfKeys: 2,
  lua: `${lookupLua}
local t = redis.call('TIME')
return look(KEYS[1], KEYS[2], ARGV[1], t[1] * 1000 + math.floor(t[2] / 1000))`,
}

export const parseLookup = ([state, sealed = '', age, third = '', fourth]: readonly string[]): LookupResult => {
  if (state === 'fresh') return { state, sealed, ageMs: Number(age), leftMs: Number(third) }
  const old = { ...(sealed && { sealed }), ageMs: Number(age) }
  if (state !== 'lead' && state !== 'led') return { state: 'blocked', ...(sealed && old) }
  return state === 'lead'
    ? { state, generation: third, atMs: Number(fourth), ...old }
    : { state, by: third, leftMs: Number(fourth), ...old }
}
