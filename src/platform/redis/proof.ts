/** A proof that Redis serves calls: it runs all commands of the scripts, on keys of its own. */

/** Without one of these commands a Redis answers PING and refuses every call. */
const lua = `
local function need(name, ...)
  local answer = redis.pcall(name, ...)
  if type(answer) == 'table' and answer.err then error({err = name .. ' is refused: ' .. answer.err}) end
end
need('TIME')
need('DEL', KEYS[1])
need('SET', KEYS[1], '1')
need('INCR', KEYS[1])
need('GET', KEYS[1])
need('PTTL', KEYS[1])
need('PEXPIREAT', KEYS[1], 1)
need('DEL', KEYS[2])
need('HSET', KEYS[2], 'field', '1', 'other', '1')
need('PEXPIRE', KEYS[2], 1000)
need('HGET', KEYS[2], 'field')
need('HMGET', KEYS[2], 'field', 'other')
need('HGETALL', KEYS[2])
need('HDEL', KEYS[2], 'field', 'other')`

export const proofScript = { numberOfKeys: 2, lua }

/** Two keys in different slots, as those of two people: a node of a Cluster refuses them in one
 * script. On a Cluster, of one slot. */
export const proofKeys = (cluster: boolean): [string, string] => ['bff:ready:{a}', cluster ? 'bff:ready:{a}:hash' : 'bff:ready:{b}:hash']

const remedies: readonly (readonly [RegExp, string])[] = [
  [/\b(MOVED|CROSSSLOT|ASK)\b/, 'this Redis is a node of a Cluster: let the address begin with redis+cluster:// or rediss+cluster://'],
  [/cluster support disabled/, 'this Redis is no Cluster: let the address begin with redis:// or rediss://'],
  [/NOPERM|no permissions|can't (run|access)/, 'give its user the keys and commands that docs/deploy.md lists'],
  [/WRONGPASS|NOAUTH|\bAUTH\b/, 'user name or password are missing or wrong'],
  [/\bNOREPLICAS\b/, 'it has fewer replicas in reach than its min-replicas-to-write: start them'],
  [/Unknown RESP type/, 'what answers there is no Redis: correct host and port'],
  [/\bOOM\b/, 'its memory is full: give it more'],
]

/** Advice for a known error of Redis. */
export const remedyFor = ({ message }: Error): string | undefined => remedies.find(([error]) => error.test(message))?.[1]
