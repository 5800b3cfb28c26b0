/** Names of Redis keys, and Lua that several scripts share. */
import type { SessionRef } from './session-store.ts'

export const session = ({ key, tag }: SessionRef): string => `bff:s:{${tag}}:${key}`
export const family = ({ key, tag }: SessionRef): string => `bff:f:{${tag}}:${key}`
export const marks = (tag: string): string => `bff:m:{${tag}}`
export const list = (tag: string): string => `bff:n:{${tag}}`

export const clock = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)`

export const addListed = `
local function addListed(key, sid, created, expires, index)
  redis.call('HSET', key, sid, string.format('%.0f:%.0f:%s', created, expires, index))
  if redis.call('PTTL', key) < expires - now then redis.call('PEXPIREAT', key, string.format('%.0f', expires)) end
end`
