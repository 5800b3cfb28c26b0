/** The look into a cell in Redis: a script by itself, and a part of the one that finds a session. It answers in words, since a list would cost more to read than all it holds. */
import { type Looked, times } from './contract.ts'

const copyKey = (cell: string) => `bff:u:{${cell}}`
export const linksKey = (cell: string) => `bff:k:{${cell}}`

/** `look(copy, links, token, now)`; `now` in milliseconds. */
const lookLua = `
local function look(copy, links, token, now)
  local c = redis.call('HMGET', copy, 'v', 't', 'f', 'g', 'l', 'lu')
  local sealed, age = c[1] or '', c[2] and now - c[2] or 0
  if c[1] and now < tonumber(c[3]) then return string.format('fresh %s %d %d', sealed, age, c[3] - now) end
  if tonumber(redis.call('HGET', links, 'x') or 0) > now then return 'blocked' end
  if tonumber(c[6] or 0) > now then return string.format('led %s %d %s %d', sealed, age, c[5], c[6] - now) end
  local g = c[4] or token
  redis.call('HSET', copy, 'g', g, 'l', token, 'lu', string.format('%.0f', now + ${times.leaseMs}))
  if redis.call('PTTL', copy) < ${times.fillMs} then redis.call('PEXPIRE', copy, ${times.fillMs}) end
  return string.format('lead %s %d %s %.0f', sealed, age, g, now)
end`

/** What the script that finds a session does in the same step for the cell of its person, and what takes a lease back. */
export const cellPeek = {
  keys: (tag: string): readonly [string, string] => [copyKey(tag), linksKey(tag)],
  lua: lookLua,
  release: {
    numberOfKeys: 2,
    lua: `if redis.call('HGET', KEYS[1], 'l') == ARGV[1] then redis.call('HDEL', KEYS[1], 'l', 'lu') end`,
  },
}

export const bffLook = {
  numberOfKeys: 2,
  lua: `${lookLua}
local t = redis.call('TIME')
return look(KEYS[1], KEYS[2], ARGV[1], t[1] * 1000 + math.floor(t[2] / 1000))`,
}

export const readLook = ([state, sealed = '', age, third = '', fourth]: readonly string[]): Looked => {
  if (state === 'fresh') return { state, sealed, ageMs: Number(age), leftMs: Number(third) }
  if (state !== 'lead' && state !== 'led') return { state: 'blocked' }
  const old = { ...(sealed && { sealed }), ageMs: Number(age) }
  return state === 'lead'
    ? { state, generation: third, atMs: Number(fourth), ...old }
    : { state, by: third, leftMs: Number(fourth), ...old }
}
