/** Alerts for operators, as CloudEvents: shown on the page, and sent to the webhook if any. */

import type { Status } from '../../journal/append/journal.ts'
import type { Event } from '../../journal/event/event.ts'
import { isDiscontinuity } from '../../journal/log/discontinuity.ts'
import { maskAddresses } from '../../platform/log/logger.ts'
import type { Burst } from '../bursts.ts'
import type { Check } from '../integrity.ts'

type AlertType = 'burst' | 'indeterminate' | 'gate_closed' | 'gate_opened' | 'verification_failed' | 'rollback' | 'no_anchor'

export interface Alert {
  readonly id: string
  readonly type: AlertType
  readonly time: string
  /** One sentence, without personal data. */
  readonly words: string
  /** The app of the alert; absent: the journal as a whole. */
  readonly tenant?: string
  readonly subject?: string
}

interface AlertsOptions {
  readonly status: () => Status
  /** True when an anchor is configured, so that its absence is an alert. */
  readonly anchored: boolean
  readonly send?: (alert: Alert) => void
  readonly lookEveryMs?: number
  readonly anchorWithinMs?: number
}

/** Without full stops, which part an id from the rest of what is signed. */
const idOf = (type: AlertType, key: string): string => `${type}_${key.replace(/[^\w-]/g, '')}`

/** As it may leave the service: an actor's id can be an e-mail address. */
export const withoutAddresses = (alert: Alert): Alert => ({
  ...alert,
  words: maskAddresses(alert.words),
  ...(alert.subject !== undefined && { subject: maskAddresses(alert.subject) }),
})

const maxKept = 50
const shownForMs = 24 * 3_600_000

export const createAlerts = ({ status, anchored, send, lookEveryMs = 1_000, anchorWithinMs = 5 * 60_000 }: AlertsOptions) => {
  const kept: Alert[] = []
  // Starts as open, so that a gate closed from the start is an alert too: a journal is mostly lost
  // or put back while the service is down.
  let open = true
  let anchorMissed = false
  let anchor = { at: status().anchoredAt, size: status().size }
  let bareSince: number | undefined

  const raise = (alert: Alert): void => {
    kept.unshift(alert)
    if (kept.length > maxKept) {
      // A burst is dropped first: anybody can cause one, and the journal's alerts stay.
      const burst = kept.findLastIndex(({ type }) => type === 'burst')
      kept.splice(burst > 0 ? burst : -1, 1)
    }
    send?.(alert)
  }
  /** The id is derived from what happened, so receivers can drop the copies of other replicas. */
  const ofNow = (type: AlertType, words: string, key: string): void =>
    raise({ id: idOf(type, key), type, time: new Date().toISOString(), words })

  const watchGate = ({ open: now, cause = '', since = new Date().toISOString() }: Status): void => {
    if (now === open) return
    open = now
    if (now) ofNow('gate_opened', 'The gate is open again: guarded calls go on.', new Date().toISOString())
    else if (isDiscontinuity(cause)) ofNow('rollback', `The gate is closed: ${cause}.`, since)
    else ofNow('gate_closed', `The gate is closed, guarded calls are refused: ${cause}.`, since)
  }

  /** Since when the log holds events without an anchor; a log that does not grow needs none. */
  const watchAnchor = ({ anchoredAt, size }: Status): void => {
    const covered = anchoredAt !== undefined && anchoredAt !== anchor.at
    if (covered) anchor = { at: anchoredAt, size }
    if (size === anchor.size) bareSince = undefined
    else bareSince ??= performance.now()
    const late = anchored && bareSince !== undefined && performance.now() - bareSince > anchorWithinMs
    if (late && !anchorMissed)
      ofNow('no_anchor', `The journal has not been anchored for ${Math.round(anchorWithinMs / 60_000)} minutes.`, new Date().toISOString())
    anchorMissed = late
  }

  const timer = setInterval(() => {
    const now = status()
    watchGate(now)
    watchAnchor(now)
  }, lookEveryMs).unref()

  return {
    onBurst: ({ actor, tenant, count, minutes, at }: Burst, event: Event): void =>
      raise({
        id: idOf('burst', event.id),
        type: 'burst',
        time: at,
        words: `${actor} made ${count} guarded calls within ${minutes} minutes.`,
        tenant,
        subject: actor,
      }),
    onEvent: (event: Event): void => {
      // No alert for `indeterminate` by hand: its author knows it.
      if (event.kind !== 'resolved' || event.verdict !== 'indeterminate' || event.evidence?.['source'] === 'person') return
      const subject = event.operation?.id ?? ''
      raise({
        id: idOf('indeterminate', event.id),
        type: 'indeterminate',
        time: event.time,
        words: `What became of ${subject} cannot be found out: a person must decide.`,
        ...(event.tenant !== undefined && { tenant: event.tenant }),
        subject,
      })
    },
    onCheck: ({ ok, at, findings, failure }: Check): void => {
      if (failure !== undefined) ofNow('verification_failed', `The journal could not be verified: ${failure}.`, at)
      else if (!ok) ofNow('verification_failed', `The journal is not intact: ${findings[0] ?? 'unknown'}.`, at)
    },
    /** Alerts of this app and of the journal, newest first. */
    recent: (tenant: string): Alert[] =>
      kept.filter((alert) => [tenant, undefined].includes(alert.tenant) && Date.now() - Date.parse(alert.time) < shownForMs),
    close: (): void => clearInterval(timer),
  }
}

export type Alerts = ReturnType<typeof createAlerts>
