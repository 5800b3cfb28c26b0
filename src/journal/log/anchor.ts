/** Anchors: the highest checkpoint ever seen, outside the log, by which a cut-off end shows. */
import type { RedisClient } from '../../platform/redis/client.ts'
import { parseCheckpoint } from './checkpoint.ts'

export interface Mark {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** One entry per journal id, and the id of the journal in use. */
export interface Anchor {
  /** The journal last in use; another one here now means that it was lost. */
  last(): Promise<string | undefined>
  /** Stores the id of the journal in use. */
  use(journal: string): Promise<void>
  highest(journal: string): Promise<Mark | undefined>
  /** Keeps the larger mark, and the journal in use: an emptied anchor is filled again. */
  raise(journal: string, mark: Mark): Promise<void>
  /** Lowers the mark; for accept-rollback alone. */
  reset(journal: string, mark: Mark): Promise<void>
}

export const markOf = (note: string): Mark => {
  const { size, root } = parseCheckpoint(note)!
  return { size, root: root.toString('base64') }
}

export function anchorInMemory(): Anchor {
  const marks = new Map<string, Mark>()
  let used: string | undefined
  return {
    last: () => Promise.resolve(used),
    use: (journal) => {
      used = journal
      return Promise.resolve()
    },
    highest: (journal) => Promise.resolve(marks.get(journal)),
    raise: (journal, mark) => {
      if (mark.size > (marks.get(journal)?.size ?? -1)) marks.set(journal, mark)
      used = journal
      return Promise.resolve()
    },
    reset: (journal, mark) => {
      marks.set(journal, mark)
      return Promise.resolve()
    },
  }
}

// Only upward: a replica that lags must not lower the mark.
const raise = `
local old = redis.call('GET', KEYS[1])
if not old or tonumber(cjson.decode(old).size) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[2]) end
return 1`

/** Over our own connection. `place` separates the journals of several services on one Redis. */
export const anchorOn = (redis: Pick<RedisClient, 'command'>, place: string): Anchor => {
  const keyOf = (journal: string): string => `bff:journal:{${journal}}:highest`
  const lastKey = `bff:journal:{${place}}:last`
  const ask = async (...command: Parameters<typeof redis.command>): Promise<unknown> => {
    try {
      return await redis.command(...command)
    } catch (cause) {
      throw new Error('the Redis at REDIS_URL, which remembers how far the journal had come, cannot be reached', { cause })
    }
  }
  const get = async (key: string): Promise<string | undefined> => ((await ask('GET', key)) as string | null) ?? undefined
  const use = async (journal: string): Promise<void> => void (await ask('SET', lastKey, journal))
  return {
    last: () => get(lastKey),
    use,
    highest: async (journal) => {
      const found = await get(keyOf(journal))
      return found === undefined ? undefined : (JSON.parse(found) as Mark)
    },
    raise: async (journal, mark) => {
      await Promise.all([ask('EVAL', raise, 1, keyOf(journal), mark.size, JSON.stringify(mark)), use(journal)])
    },
    reset: async (journal, mark) => void (await ask('SET', keyOf(journal), JSON.stringify(mark))),
  }
}
