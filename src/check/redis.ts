/** A Redis: whether calls would be served there, its version, and what it does when it is full or
 * restarted. */
import { redisSource } from '../../config/redis-source.ts'
import type { Secret } from '../../config/secret.ts'
import { errorMessage } from '../platform/error-message.ts'
import { connectRedis, type RedisClient } from '../platform/redis.ts'
import { parseRedisAddress } from '../platform/redis-address.ts'
import { remedyFor } from '../platform/redis-proof.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

const oldest = 7
/** Characters that a value may have for a hash to keep its small form: most of what is sealed has fewer. */
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
    return await lookAt(redis, `${kind}${tls ? ' with TLS' : ''}`, name, keeps)
  } catch (error) {
    const why = cause ?? (error as Error)
    return [fault(`does not serve calls: ${errorMessage(why)}`, remedyFor(why) ?? `start it, or correct ${name}`)]
  } finally {
    redis.close()
  }
}

const lookAt = async (redis: RedisClient, kind: string, name: string, keeps: boolean): Promise<Finding[]> => {
  const about = String(await redis.command('INFO'))
  const fields = new Map(about.split('\r\n').map((line): [string, string] => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 1)]))
  const said = (field: string): string => fields.get(field) ?? ''
  const version = said('redis_version')
  const policy = said('maxmemory_policy')
  const findings = [ok(`Redis ${version}, ${kind}: every command that calls need was run`)]
  if (Number.parseInt(version, 10) < oldest) findings.push(warn(`Redis ${version} is older than ${oldest}`, 'upgrade it'))
  // Silent when the user may not read the configuration.
  const [, limit] = (await redis.command('CONFIG', 'GET', 'hash-max-listpack-value').catch(() => [])) as string[]
  if (Number(limit) < listpackValue)
    findings.push(
      warn(
        `hash-max-listpack-value is ${limit}: people who are signed in take a third more memory than they need`,
        `set it to ${listpackValue} on ${name}`,
      ),
    )
  if (!keeps) return findings
  if (policy && policy !== 'noeviction')
    findings.push(
      warn(`maxmemory-policy is ${policy}: a full memory ends sessions and forgets what was revoked`, `set it to noeviction on ${name}`),
    )
  if (said('aof_enabled') === '0') findings.push(warn('appendonly is off: a restart of Redis signs people out', 'turn it on'))
  return findings
}
