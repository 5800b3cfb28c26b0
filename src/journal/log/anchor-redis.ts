/** The anchor in Redis, over any client that runs commands. */
import type { RedisClient } from '../../platform/redis.ts'
import type { Anchor, Mark } from './anchor.ts'

export interface RedisCommands {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<unknown>
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>
}

// Only upward: a replica that lags must not lower the mark.
const raise = `
local old = redis.call('GET', KEYS[1])
if not old or tonumber(cjson.decode(old).size) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[2]) end
return 1`

/** `place` separates the journals of several services on one Redis. */
export function anchorInRedis(redis: RedisCommands, place: string): Anchor {
  const keyOf = (journal: string): string => `bff:journal:{${journal}}:highest`
  const lastKey = `bff:journal:{${place}}:last`
  const use = async (journal: string): Promise<void> => {
    await redis.set(lastKey, journal)
  }
  return {
    last: async () => (await redis.get(lastKey)) ?? undefined,
    use,
    highest: async (journal) => {
      const found = await redis.get(keyOf(journal))
      return found === null ? undefined : (JSON.parse(found) as Mark)
    },
    raise: async (journal, mark) => {
      await Promise.all([redis.eval(raise, 1, keyOf(journal), String(mark.size), JSON.stringify(mark)), use(journal)])
    },
    reset: async (journal, mark) => {
      await redis.set(keyOf(journal), JSON.stringify(mark))
    },
  }
}

/** The anchor over our own connection. */
export const anchorOn = (redis: Pick<RedisClient, 'command'>, place: string): Anchor => {
  const ask = async (...command: Parameters<typeof redis.command>): Promise<unknown> => {
    try {
      return await redis.command(...command)
    } catch (cause) {
      throw new Error('the Redis at REDIS_URL, which remembers how far the journal had come, cannot be reached', { cause })
    }
  }
  return anchorInRedis(
    {
      get: async (key) => (await ask('GET', key)) as string | null,
      set: (key, value) => ask('SET', key, value),
      eval: (script, keys, ...args) => ask('EVAL', script, keys, ...args),
    },
    place,
  )
}
