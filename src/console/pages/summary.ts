/** The summary bar: the journal's integrity, its gate, open operations, denied attempts, bursts. */

import { type Html, html } from '../../http/html.ts'
import type { Status } from '../../journal/append/journal.ts'
import type { Sealer } from '../../journal/event/seal.ts'
import { countStanding } from '../../journal/store/queries/operations.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import type { Burst } from '../bursts.ts'
import type { Counters } from '../counters.ts'
import type { Check, Integrity } from '../integrity.ts'
import { grouped } from './numbers.ts'
import type { Places } from './phrases.ts'
import { searchFor } from './search-query.ts'
import { ago, timeTag } from './times.ts'

const attentionStates = ['unknown', 'indeterminate', 'contradiction'] as const
const maxCounted = 500

export interface Summary {
  readonly status: Status
  readonly check: Check | undefined
  readonly checking: boolean
  /** True when checkpoints are also kept outside the database. */
  readonly anchored: boolean
  /** Absent when the journal cannot be read. */
  readonly attention: readonly { readonly state: (typeof attentionStates)[number]; readonly count: number }[] | undefined
  readonly denied: number
  readonly bursts: readonly Burst[]
  readonly counted: boolean
}

export interface SummaryParts {
  readonly store: Source
  readonly sealer: Sealer
  readonly status: () => Status
  readonly integrity: Integrity
  readonly counters: Counters
  readonly anchored: boolean
}

export const readSummary = async ({ store, status, integrity, counters, anchored }: SummaryParts, tenant: string): Promise<Summary> => ({
  status: status(),
  check: integrity.latest(),
  checking: integrity.running(),
  anchored,
  attention: await Promise.all(
    attentionStates.map(async (state) => ({ state, count: await countStanding(store, tenant, state, maxCounted) })),
  ).catch(() => undefined),
  denied: counters.series(tenant, 1, 24).reduce((sum, { denied }) => sum + denied, 0),
  bursts: counters.bursts(tenant),
  counted: counters.complete(),
})

type Severity = 'good' | 'bad' | 'warn' | 'calm'
const tile = (severity: Severity, name: string, value: Html | string, detail: Html | string): Html => html`
<li class="tile ${severity}"><h2>${name}</h2><p class="value">${value}</p><p class="detail">${detail}</p></li>`

const anchorWords = ({ status: { anchoredAt }, anchored }: Summary): Html => {
  if (!anchored)
    return html`<span title="Set REDIS_URL: only a copy elsewhere shows that the end was cut off">not anchored elsewhere</span>`
  return anchoredAt === undefined ? html`not anchored yet` : html`anchored ${ago(anchoredAt)}`
}

const verifiedTile = (summary: Summary): Html => {
  const { check, checking, status } = summary
  if (!check)
    return tile(
      'calm',
      'Journal',
      checking ? 'Being verified' : 'End verified',
      html`${grouped(status.size)} events · ${anchorWords(summary)}`,
    )
  if (check.failure !== undefined) return tile('bad', 'Journal', 'Not verified', html`${check.failure} · ${timeTag(check.at)}`)
  if (!check.ok) return tile('bad', 'Journal', 'Not intact', html`${check.findings[0]} · ${timeTag(check.at)}`)
  const newer = Math.max(0, status.size - check.size)
  // No result while a check runs: that of the last one may be out of date.
  if (checking)
    return tile(
      'calm',
      'Journal',
      'Being verified',
      html`${grouped(check.size)} of ${grouped(check.size + newer)} events were intact ${ago(check.at)} · ${anchorWords(summary)}`,
    )
  const detail = html`${grouped(check.size)} events${newer > 0 && `, ${grouped(newer)} newer not checked yet`} · root <code title="${check.root}">${check.root.slice(0, 8)}</code> · checked ${ago(check.at)} · ${anchorWords(summary)}`
  return tile(newer > check.size ? 'calm' : 'good', 'Journal', 'Verified', detail)
}

const gateTile = ({ status: { open, cause, since, waiting } }: Summary): Html =>
  open
    ? tile('good', 'Gate', 'Open', 'Guarded calls are recorded, then sent')
    : tile(
        'bad',
        'Gate',
        'Closed',
        html`${cause ?? 'shutting down'}${since !== undefined && html` · since ${timeTag(since)}`}${waiting > 0 && ` · ${waiting} events wait`}`,
      )

/** Plain changes, which nobody follows up. */
const plain = 'update,create,image'

const attentionTile = ({ root }: Places, { attention }: Summary): Html => {
  if (!attention) return tile('bad', 'Needs attention', 'Not known', 'The journal cannot be read now')
  const found = attention.filter(({ count }) => count > 0)
  if (found.length === 0) return tile('good', 'Needs attention', 'Nothing', 'No unknown, indeterminate or contradictory outcome')
  const links = found.map(
    ({ state, count }, at) =>
      html`${at > 0 && ' · '}<a href="${searchFor(root, { key: 'state', value: state }, { key: 'action', value: plain, not: true })}">${count >= maxCounted ? `${count}+` : count} ${state}</a>`,
  )
  return tile('warn', 'Needs attention', String(found.reduce((total, { count }) => total + count, 0)), html`${links}`)
}

const deniedTile = ({ root }: Places, { denied, counted }: Summary): Html =>
  tile(
    denied > 0 ? 'warn' : 'calm',
    'Denied in 24 h',
    counted ? grouped(denied) : 'Counting…',
    html`<a href="${searchFor(root, { key: 'state', value: 'denied' }, { key: 'from', value: '24h' })}">Show them</a>`,
  )

const burstTile = ({ root }: Places, { bursts }: Summary): Html => {
  const [first] = bursts.toSorted((one, other) => other.count - one.count)
  if (!first) return tile('calm', 'Bursts in 24 h', 'None', 'Nobody made unusually many guarded calls')
  const detail = html`<a href="${searchFor(root, { key: 'actor', value: first.actor })}">${first.actor}</a>: ${first.count} guarded calls · ${timeTag(first.at)}`
  return tile('warn', 'Bursts in 24 h', String(bursts.length), detail)
}

export const summaryBar = (places: Places, summary: Summary): Html => html`
<ul class="summary" id="summary" aria-label="Summary">${verifiedTile(summary)}${gateTile(summary)}${attentionTile(places, summary)}${deniedTile(places, summary)}${burstTile(places, summary)}
</ul>`
