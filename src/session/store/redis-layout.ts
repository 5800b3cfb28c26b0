/** What the files of sessions in Redis share: names of keys, Lua, and how answers are read. */
import type { SessionRef } from '../record.ts'
import { type Listed, markTtlMs, type StoredSession } from './session-store.ts'

export const session = ({ key, tag }: SessionRef): string => `bff:s:{${tag}}:${key}`
export const family = ({ key, tag }: SessionRef): string => `bff:f:{${tag}}:${key}`
export const marks = (tag: string): string => `bff:m:{${tag}}`
export const list = (tag: string): string => `bff:n:{${tag}}`
export const removals = (tag: string): string => `bff:r:{${tag}}`

export const clock = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)`

/** Sessions of a person or an app that began by then have ended. */
export const endedBy = `
local function endedBy(key) local m = redis.call('HMGET', key, 'notBefore', 'ahead'); return math.max(m[1] or 0, m[2] or 0) end`

/** The idle limit and the life of a record, with a point between: earlier versions read a number,
 * and wrote the first alone. One begun while the clock was ahead has that life at most. */
export const limitsIn = `
local function limitsIn(i)
  local idle, life = string.match(i, '^(%d+)%.?(%d*)$')
  return tonumber(idle), tonumber(life) or math.huge
end`

/** The latest beginning in a list: later than now when the clock was set back. */
export const latestIn = `
local function latestIn(key)
  local all, latest = redis.call('HGETALL', key), 0
  for i = 2, #all, 2 do latest = math.max(latest, string.match(all[i], '^%d+')) end
  return latest
end`

/** A session begins after all ends of its person and app; with the app's marks on another node,
 * `app` is the person and `least` its answer. The app has no list, but the latest beginning. */
export const begin = `
local function began(app, created)
  redis.call('HSET', app, 'latest', string.format('%.0f', math.max(created, redis.call('HGET', app, 'latest') or 0)))
  redis.call('PEXPIRE', app, ${markTtlMs})
end
local function begin(person, app, least)
  local created = math.max(now, endedBy(person) + 1, (redis.call('HGET', person, 'gone') or 0) + 1, endedBy(app) + 1, least)
  if app ~= person then began(app, created) end
  return created
end`

export const addListed = `
local function addListed(key, sid, created, expires, index)
  redis.call('HSET', key, sid, string.format('%.0f:%.0f:%s', created, expires, index))
  if redis.call('PTTL', key) < expires - now then redis.call('PEXPIREAT', key, string.format('%.0f', expires)) end
end`

/** No field for what most sessions lack: a fifth one doubles a hash's table, by 116 bytes. */
export const addExtra = `
local function addExtra(key, extra) if extra ~= '' then redis.call('HSET', key, 'x', extra) end end`

export const useLimit = `
local function leftOf(key, window)
  local left = redis.call('PTTL', key)
  -- More than the window: the clock was set back.
  if left == -1 or left > tonumber(window) then redis.call('PEXPIRE', key, window); left = tonumber(window) end
  return math.max(left, 0)
end
local function use(key, window)
  return redis.call('INCR', key), leftOf(key, window)
end`

/** The answer is one text without spaces in its parts: a list costs more to parse. */
export const sessionIn = (answer: string): StoredSession | undefined => {
  if (answer === '') return undefined
  const [sealed = '', createdMs, expiresMs, nowMs, smooch, gone, used, leftMs, roles, ...prefetched] = answer.split(' ')
  return {
    sealed,
    createdMs: Number(createdMs),
    expiresMs: Number(expiresMs),
    nowMs: Number(nowMs),
    smooch: smooch || undefined,
    gone: gone === '1',
    roles: roles || undefined,
    used: used !== '0' ? { used: Number(used), leftMs: Number(leftMs) } : undefined,
    prefetched: prefetched[0] ? prefetched : undefined,
  }
}

export const listIn = (flat: string[]): Listed[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => {
    const [, created, expires, index = ''] = /^(\d+):(\d+):(.*)$/s.exec(flat[2 * i + 1]!) ?? []
    return { sid: flat[2 * i]!, index, createdMs: Number(created), expiresMs: Number(expires) }
  })
