/** The cache of this process: its store, its reads, and its invalidation around each change. */
import type { Settings } from '../../config/load.ts'
import { operations } from '../contract/operations.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Alarm } from '../platform/alarms.ts'
import type { Log } from '../platform/log/logger.ts'
import type { Metrics } from '../platform/metrics/metrics.ts'
import { project } from '../policy/visible-fields.ts'
import type { Upstream } from '../upstream/client.ts'
import { createAppUsers } from './app-users.ts'
import { createEntries } from './entry.ts'
import { createInvalidation } from './invalidation.ts'
import type { Lifetimes } from './lifetimes.ts'
import { openCacheStore, sharedWithSessions } from './store/open.ts'

export interface CacheParts {
  readonly settings: Settings
  readonly peppers: KeyRing
  readonly vendor: Upstream
  readonly log: Log
  readonly metrics: Metrics
  readonly alarm: Alarm
  /** For tests that cannot wait. */
  readonly times?: Partial<Lifetimes> | undefined
}

export const startCache = async ({ settings, peppers, vendor, log, metrics, alarm, times }: CacheParts) => {
  const store = await openCacheStore({ settings, log, metrics })
  const entries = createEntries({ peppers, selfViewOf: (user) => project(operations.get_app_user, 'self', user), times })
  const invalidation = createInvalidation({ store, peppers, entries, strict: sharedWithSessions(settings), alarm })
  return {
    appUsers: createAppUsers({ store, peppers, entries, alarm }),
    invalidation,
    /** The vendor, with invalidation around each change. */
    upstream: invalidation.invalidating(vendor),
    close: (): void => {
      invalidation.close()
      store.close()
    },
  }
}
