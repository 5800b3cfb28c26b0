/** What the service tells of the outside once it has started: the cheap rows, in the log. */
import cluster from 'node:cluster'
import type { Log } from '../platform/log/logger.ts'
import { checks } from './checks.ts'
import type { Configuration } from './configuration.ts'
import { runChecks } from './run-checks.ts'

/** Returns the function after which nothing more is told. */
export const checkAtStart = (configuration: Configuration, log: Log): (() => void) => {
  let ended = false
  const end = (): void => {
    ended = true
  }
  // Of several workers the first one tells, and none that takes the place of another.
  if ((cluster.worker?.id ?? 1) !== 1) return end
  const rows = checks.filter(({ atStart }) => atStart)
  void runChecks(rows, configuration, {
    found: (check, { level, text, todo }) => {
      if (!ended) log[level === 'ok' ? 'info' : 'warn']({ check, found: level, ...(todo && { todo }) }, text)
    },
  })
  return end
}
