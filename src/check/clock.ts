/** Our clock beside the others': vendor and provider by their Date, Redis and PostgreSQL asked. */
import { redisSource } from '../../config/redis-source.ts'
import { connect } from '../journal/store/postgres/connection.ts'
import { lookups } from '../journal/store/postgres/schema.ts'
import { connectRedis } from '../platform/redis/client.ts'
import { clockToleranceSeconds } from '../sign-in/token-rules.ts'
import { fetchOnce } from '../upstream/http-client.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

/** By its own clock, in milliseconds; undefined when it does not say. */
type Clock = () => Promise<number | undefined>

export const checkClocks = async (it: Configuration): Promise<Finding[]> => {
  const clocks = new Map<string, Clock>()
  for (const { baseUrl } of it.apps) clocks.set(new URL(baseUrl).origin, () => dateOf(baseUrl))
  for (const { issuer } of it.providers)
    clocks.set(new URL(issuer).origin, () => dateOf(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`))
  if (it.settings.REDIS_URL) clocks.set('Redis', () => timeOfRedis(it))
  if (it.settings.JOURNAL_URL.reveal().startsWith('postgres')) clocks.set('PostgreSQL', () => timeOfPostgres(it))
  const skews = await Promise.all([...clocks].map(async ([name, clock]) => ({ name, seconds: await skewOf(clock).catch(() => undefined) })))
  const known = skews.filter(({ seconds }) => seconds !== undefined) as { name: string; seconds: number }[]
  const off = known.filter(({ seconds }) => Math.abs(seconds) > 2)
  if (off.length > 0) return off.map(({ name, seconds }) => tell(name, seconds))
  return known.length > 0
    ? [ok(`ours agrees with ${known.map(({ name }) => name).join(', ')}`)]
    : [warn('nobody could be asked for the time', 'see the other lines')]
}

const tell = (name: string, seconds: number): Finding => {
  const text = `${name} is ${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead of' : 'behind'} ours`
  return Math.abs(seconds) > clockToleranceSeconds
    ? fault(`${text}: tokens, calls and limits are refused`, 'set both clocks by NTP')
    : warn(text, 'set both clocks by NTP')
}

/** Positive: it is ahead. What lies between question and answer is no skew. */
const skewOf = async (clock: Clock): Promise<number | undefined> => {
  const before = Date.now()
  const theirs = await clock()
  const after = Date.now()
  if (theirs === undefined || theirs === 0) return undefined
  return theirs > after ? (theirs - after) / 1000 : theirs < before ? (theirs - before) / 1000 : 0
}

/** Of whole seconds, so it is up to one behind. */
const dateOf = async (url: string): Promise<number | undefined> => {
  const { headers } = await fetchOnce(url, { signal: AbortSignal.timeout(5_000) })
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) ? undefined : theirs
}

const timeOfRedis = async ({ settings }: Configuration): Promise<number> => {
  const redis = await connectRedis(redisSource(settings, settings.REDIS_URL!), {}, () => {})
  try {
    const [seconds] = (await redis.command('TIME')) as [string, string]
    return Number(seconds) * 1000
  } finally {
    redis.close()
  }
}

const timeOfPostgres = async ({ settings }: Configuration): Promise<number> => {
  const { client, cut } = await connect(settings.JOURNAL_URL.reveal(), { query_timeout: 3_000 })
  try {
    return ((await client.query(lookups.access)).rows[0] as { now: Date }).now.getTime()
  } finally {
    cut()
  }
}
