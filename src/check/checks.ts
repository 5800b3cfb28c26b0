/** TABLE: what is looked at outside this process: when there is something to look at, and how. */
import { checkClocks } from './clock.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, ok } from './finding.ts'
import { checkJournal } from './journal.ts'
import { checkProviders } from './provider.ts'
import { checkRedis } from './redis.ts'
import { checkVendor } from './vendor.ts'
import { checkWebhooks } from './webhooks.ts'

export interface Check {
  readonly name: string
  /** Without it there is nothing to look at. */
  readonly needs: (it: Configuration) => boolean
  readonly run: (it: Configuration) => Promise<Finding[]>
  /** What the service looks at after its start, too; the rest it tells by log and alarm. */
  readonly atStart: boolean
}

const always = (): boolean => true

// biome-ignore format: a table is read down its columns
export const checks: readonly Check[] = [
  { name: 'settings', needs: always,                                     atStart: false, run: checkSettings },
  { name: 'redis',    needs: ({ settings }) => !!settings.REDIS_URL,       atStart: false, run: (it) => checkRedis(it, it.settings.REDIS_URL!, 'REDIS_URL', true) },
  { name: 'cache',    needs: ({ settings }) => !!settings.CACHE_REDIS_URL, atStart: false, run: (it) => checkRedis(it, it.settings.CACHE_REDIS_URL!, 'CACHE_REDIS_URL', false) },
  { name: 'journal',  needs: always,                                     atStart: false, run: checkJournal },
  { name: 'vendor',   needs: always,                                     atStart: true,  run: checkVendor },
  { name: 'webhooks', needs: always,                                     atStart: true,  run: checkWebhooks },
  { name: 'provider', needs: ({ providers }) => providers.length > 0,      atStart: true,  run: checkProviders },
  { name: 'clock',    needs: always,                                     atStart: true,  run: checkClocks },
]

/** Faults are told before anything else is looked at. */
function checkSettings({ settings, warnings, apps, providers }: Configuration): Promise<Finding[]> {
  const given = `${apps.length} app${apps.length === 1 ? '' : 's'}, ${providers.length} identity provider${providers.length === 1 ? '' : 's'}`
  return Promise.resolve([
    ok(`all are sound (${settings.NODE_ENV}): ${given}`),
    ...warnings.map((text): Finding => ({ level: 'warn', text })),
  ])
}
