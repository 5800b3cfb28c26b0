/** A Redis: whether it serves calls, its version, and what it does when full or restarted. */
import { redisSource } from '../../config/redis-source.ts'
import type { Secret } from '../../config/secret.ts'
import { errorMessage } from '../platform/error-message.ts'
import { parseRedisAddress, type RedisAddress } from '../platform/redis/address.ts'
import { connectRedis, type RedisClient } from '../platform/redis/client.ts'
import { remedyFor } from '../platform/redis/proof.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

const oldest = 7
/** Characters of a value in a hash of the small form. Most sealed values have fewer. */
const listpackValue = 2_048

/** `keeps`: what is lost there is lost, unlike in a cache. */
export const checkRedis = async ({ settings }: Configuration, url: Secret, name: string, keeps: boolean): Promise<Finding[]> => {
  let cause: Error | undefined
  const redis = await connectRedis(redisSource(settings, url), {}, (news) => {
    cause = news.cause ?? cause
  })
  try {
    await redis.prove()
    const { kind, tls } = parseRedisAddress(url.reveal())
    return await lookAt(redis, kind, tls, name, keeps)
  } catch (error) {
    const why = cause ?? (error as Error)
    return [fault(`does not serve calls: ${errorMessage(why)}`, remedyFor(why) ?? `start it, or correct ${name}`)]
  } finally {
    redis.close()
  }
}

const fieldsOf = (about: string): ReadonlyMap<string, string> =>
  new Map(about.split('\r\n').map((line) => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 1)]))

const lookAt = async (redis: RedisClient, kind: RedisAddress['kind'], tls: boolean, name: string, keeps: boolean): Promise<Finding[]> => {
  const masters = (await redis.each('INFO')).map((about) => fieldsOf(String(about)))
  /** What the masters say, each answer once. */
  const said = (field: string): string[] => [...new Set(masters.map((it) => it.get(field) ?? ''))]
  const count = kind === 'cluster' ? ` of ${masters.length} masters` : ''
  const findings = [
    ok(`Redis ${said('redis_version').join(', ')}, ${kind}${count}${tls ? ' with TLS' : ''}: every command that calls need was run`),
  ]
  for (const version of said('redis_version'))
    if (Number.parseInt(version, 10) < oldest) findings.push(warn(`Redis ${version} is older than ${oldest}`, 'upgrade it'))
  // Silent when the user may not read the configuration.
  const limits = (await redis.each('CONFIG', 'GET', 'hash-max-listpack-value').catch(() => [])) as string[][]
  const limit = Math.min(...limits.map(([, value]) => Number(value)))
  if (limit < listpackValue)
    findings.push(
      warn(
        `hash-max-listpack-value is ${limit}: people who are signed in take a third more memory than they need`,
        `set it to ${listpackValue} on ${name}`,
      ),
    )
  if (!keeps) return findings
  for (const policy of said('maxmemory_policy'))
    if (policy && policy !== 'noeviction')
      findings.push(
        warn(`maxmemory-policy is ${policy}: a full memory ends sessions and forgets what was revoked`, `set it to noeviction on ${name}`),
      )
  if (said('aof_enabled').includes('0')) findings.push(warn('appendonly is off: a restart of Redis signs people out', 'turn it on'))
  // Named only where a number of replicas is demanded.
  if (kind !== 'standalone' && said('min_slaves_good_slaves').includes(''))
    findings.push(
      warn(
        'min-replicas-to-write is 0: when a replica takes the place of a master that hung or was cut off, the former one answers changes that are lost with it, sign-outs too',
        `set it to 1 on ${name}, with two replicas for each master, or to the number of its replicas where no sign-out may be lost`,
      ),
    )
  return findings
}
