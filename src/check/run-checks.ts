/** Runs of the checks, side by side and each within its time: all of them for `npm run check`, and
 * the cheap ones once the service has started. */
import cluster from 'node:cluster'
import { timedOut, withTimeout } from '../platform/deadline.ts'
import { errorMessage } from '../platform/error-message.ts'
import type { Log } from '../platform/log/logger.ts'
import { type Check, checks } from './checks.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault } from './finding.ts'

const limitMs = 12_000

export interface Listener {
  found(check: string, finding: Finding): void
  /** The names of those that are not done. */
  waiting?(names: readonly string[]): void
}

/** Tells whether there was no fault. */
export const runChecks = async (rows: readonly Check[], it: Configuration, { found, waiting }: Listener): Promise<boolean> => {
  const open = new Set(rows.filter(({ needs }) => needs(it)))
  let sound = true
  waiting?.([...open].map(({ name }) => name))
  await Promise.all(
    [...open].map(async (row) => {
      const findings = await findingsOf(row, it)
      open.delete(row)
      for (const finding of findings) {
        sound &&= finding.level !== 'fault'
        found(row.name, finding)
      }
      waiting?.([...open].map(({ name }) => name))
    }),
  )
  return sound
}

const findingsOf = async ({ run }: Check, it: Configuration): Promise<Finding[]> => {
  const findings = await withTimeout(limitMs, run(it)).catch((error: unknown) => [fault(errorMessage(error), 'see what it says')])
  return findings === timedOut ? [fault(`no answer within ${limitMs / 1000} s`, 'check the network in between')] : findings
}

/** The cheap rows, told in the log once the service has started; returns what ends that. */
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
