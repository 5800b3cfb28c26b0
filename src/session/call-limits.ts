/** Calls per minute for each class; `service` counts all calls of a service session. */
import type { Settings } from '../../config/load.ts'
import type { LimitClass } from '../contract/operation.ts'

export type CallLimits = Readonly<Record<LimitClass | 'service', number>>

export const callLimits = (settings: Settings): CallLimits => ({
  reads: settings.LIMIT_READS,
  writes: settings.LIMIT_WRITES,
  guarded: settings.LIMIT_GUARDED,
  images: settings.LIMIT_IMAGES,
  codes: settings.LIMIT_CODES,
  links: settings.LIMIT_LINKS,
  service: settings.LIMIT_SERVICE,
})
