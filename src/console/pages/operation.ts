/** The page of one operation: fields before and after, events with their proofs, other operations
 * on the person, and what an admin can do. */

import { type Html, html } from '../../http/html.ts'
import { type Event, isOpen, type State, type Target } from '../../journal/event/event.ts'
import type { Watch } from '../../journal/reconcile/reconciler.ts'
import type { OperationHistory, SealedSource } from '../../journal/store/history.ts'
import type { Names } from '../../journal/store/known-names.ts'
import { latestCheckpoint } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { commandWords } from '../../platform/command-words.ts'
import { beforeAndAfter } from './before-after.ts'
import { meanings, nameOf, peopleOf, personLink, phraseOf, shownName } from './phrases.ts'
import { actorLink, actorName, findRows, plainRows, type RowPlaces, reasonOf, stateTag, type TimelineRow } from './timeline.ts'
import { timeAndAge, timeTag, zoneNote } from './times.ts'

interface Related {
  readonly target: Target
  readonly names: Names
  readonly rows: readonly TimelineRow[]
}

interface OperationPage {
  readonly id: string
  readonly history: OperationHistory
  readonly viewed: readonly Event[]
  /** Sealed parts that are still stored; erasure and age remove them. */
  readonly kept: readonly string[]
  readonly related: readonly Related[]
  /** Name of the log in its checkpoints. */
  readonly origin: string
  readonly watch: Watch
  /** True when the caller may reveal and resolve. */
  readonly admin: boolean
}

/** Other operations on the same persons, a few of each. */
export const relatedTo = (parts: SealedSource, tenant: string, id: string, opened: Event): Promise<Related[]> =>
  Promise.all(
    (opened.targets ?? []).map(async (target) => {
      const name = nameOf(target)
      const { rows, names } = await findRows(parts, tenant, [{ key: 'target', value: name }], {}, 11)
      return { target, names, rows: rows.filter((row) => row.id !== id).slice(0, 10) }
    }),
  )

export const originIn = async (store: Source): Promise<string> => (await latestCheckpoint(store))?.split('\n')[0] ?? ''

/** Buttons of this page wait for its script: without it a browser would send the forms itself, a
 * note as part of the address. */
const revealForm = (opened: Event): Html => html`
<form id="reveal" class="act"><button type="submit" disabled>Reveal personal data</button>
${opened.action === 'delete_app_user' && html`<button type="button" id="copy" class="quiet" disabled>Copy as pre-create body</button>`}
<p class="small">That you looked is recorded, before anything is shown.</p><output></output></form>
<noscript><p>Revealing and resolving need JavaScript.</p></noscript>
<dl id="personal" class="facts" hidden></dl>`

const resolveForm = (): Html => html`
<section class="card attention" aria-labelledby="resolve-title"><h2 id="resolve-title">It needs a decision</h2>
<p>Look at the user in the messaging service, then say what became of this operation. Your name and note stay in the journal.</p>
<form id="resolve" class="act">
<fieldset><legend>What became of it</legend>
<label><input type="radio" name="verdict" value="applied" required> It took effect</label>
<label><input type="radio" name="verdict" value="not_applied"> It did not</label>
<label><input type="radio" name="verdict" value="indeterminate"> Cannot be found out</label></fieldset>
<label>Note <textarea name="note" rows="2" maxlength="2000"></textarea></label>
<button type="submit" disabled>Record the verdict</button><output></output>
</form></section>`

/** Who follows an open operation up, what was seen, and when it is looked at next. */
const watchCard = ({ tries, maxTries, next, reads }: Watch, opened: Event, state: State): Html | undefined => {
  if (!['pending', 'unknown'].includes(state)) return undefined
  if (opened.kind !== 'intent')
    return html`<section class="card" aria-labelledby="watch-title"><h2 id="watch-title">Nobody follows this up</h2><p>A plain change is not looked for afterwards: read the user to see how it stands.</p></section>`
  const seen = reads.map(({ of, status, at }) => html`<li>${of}: answered ${status} ${timeTag(at)}</li>`)
  return html`
<section class="card" aria-labelledby="watch-title"><h2 id="watch-title">The reconciler is at it</h2>
<p>It reads the user in the messaging service, and changes nothing. ${tries === 0 ? 'It has not looked yet' : `It has looked ${tries} of ${maxTries} times without being sure`}; next ${timeTag(next)}, or soon after. If it cannot be sure, a person decides.</p>
${seen.length > 0 && html`<ul>${seen}</ul>`}</section>`
}

const resultOf = ({ kind, outcome, verdict, upstream, evidence, by, recorded }: Event): string => {
  const words = [(outcome ?? verdict ?? (kind === 'denied' ? kind : undefined))?.replaceAll('_', ' ')]
  if (upstream?.status) words.push(`answered ${upstream.status}`)
  if (upstream?.code) words.push(upstream.code)
  if (evidence?.['source'] !== undefined) words.push(`by ${by ?? String(evidence['source'])}`)
  if (evidence?.['own']) words.push('who did it themselves')
  if (recorded) words.push('recorded after the fact')
  return words.filter(Boolean).join(' · ')
}

const eventItem = (root: string, index: number, event: Event): Html => html`
<li><details><summary><b>${event.kind}</b> ${timeTag(event.time)} <span>${resultOf(event)}</span> <span class="index">no. ${index}</span></summary>
<pre tabindex="0" aria-label="Event ${index} as stored">${JSON.stringify(event, null, 2)}</pre></details>
<p class="proofs"><a href="${root}/api/events/${event.id}/proof" download="${event.id}.tlog-proof">Download the proof<span class="unseen"> of event ${index}</span></a> <output></output> <code>${commandWords('journal', `check ${event.id}.tlog-proof`)}</code></p></li>`

const eventList = (root: string, { events }: OperationHistory, origin: string): Html => html`
<section class="card" aria-labelledby="events-title"><h2 id="events-title">Events and proofs</h2>
<ol class="events">${events.map(({ index, event }) => eventItem(root, index, event))}</ol>
<p class="small">A proof shows that the event stands in the log <code>${origin}</code> under a signed checkpoint. Anyone who has the public key can check it, without this service.</p></section>`

const views = (viewed: readonly Event[]): Html | undefined =>
  viewed.length === 0
    ? undefined
    : html`<section class="card" aria-labelledby="viewed-title"><h2 id="viewed-title">Who looked</h2><ul class="viewed" id="viewed">${viewed.map(
        ({ actor, by, time }) => html`<li><b>${actor?.id ?? by}</b> saw the personal data ${timeTag(time)}</li>`,
      )}</ul></section>`

const others = (places: RowPlaces, related: readonly Related[]): Html => html`
<section class="card" aria-labelledby="others-title"><h2 id="others-title">Who else touched this person</h2>${related.map(
  ({ target, names, rows }) => {
    const name = shownName(places.names ?? names, target)
    return rows.length > 0
      ? html`<h3>${personLink(places, target)}</h3>${plainRows({ ...places, names }, `Others on ${name}`, rows)}`
      : html`<p>Nobody else touched <code>${name}</code>.</p>`
  },
)}${related.length === 0 && html`<p>The operation names nobody.</p>`}</section>`

const fact = (name: string, value: Html | string | number | undefined | null | false): Html | undefined =>
  value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : undefined

const requestNames: Partial<Record<State, string>> = { pending: 'To be sent', denied: 'Not sent', not_sent: 'Not sent' }

/** A path with a userId in it is sealed; the event holds the template. */
const requestOf = ({ method, path }: NonNullable<Event['request']>): Html =>
  path.includes('/:')
    ? html`<code>${method}</code> <small>to an address that holds the userId, so it is sealed (${path.replace(/:(\w+)/g, '{$1}')})</small>`
    : html`<code>${method} ${path}</code>`

const facts = (places: RowPlaces, id: string, opened: Event, state: State): Html => html`
<dl class="facts">
${fact('When', html`${timeAndAge(opened.time)} <small>${opened.time}</small>`)}
${fact('Who', html`${actorLink(places, opened.actor)} <small>${opened.actor?.type}, ${opened.actor?.roles?.join(', ')}</small>`)}
${fact('Whom', opened.targets?.length && html`${opened.targets.map((target) => html`${personLink(places, target)} <small>${target.smoochId ?? target.subject}</small> `)}`)}
${fact('On behalf of', opened.actor?.onBehalfOf)}
${fact('Why', Object.keys(opened.reason ?? {}).length > 0 && reasonOf(places, opened))}
${fact('Fields', opened.changed?.join(', '))}
${fact('Outcome', html`${stateTag(state)} <small>${meanings[state]}</small>`)}
${fact(requestNames[state] ?? 'Sent', opened.request && requestOf(opened.request))}
${fact('From', opened.context?.['ipNet'])}
${fact('Operation', html`<code>${id}</code>`)}
</dl>`

export const operationContent = (places: RowPlaces, it: OperationPage): Html => {
  const { id, history, viewed, kept, related, origin, watch, admin } = it
  const { state } = history
  const opened = history.events[0]!.event
  return html`
<p class="back"><a href="${places.root}${places.search}">← ${places.search === '' ? 'Timeline' : 'Back to the search'}</a></p>
<h1 class="sentence">${actorName(places, opened.actor)} ${phraseOf(opened, state)} ${peopleOf(places, opened)} ${stateTag(state)}</h1>
${zoneNote()}
<div class="columns"><div>
${watchCard(watch, opened, state)}
${admin && isOpen(state) && opened.kind === 'intent' && resolveForm()}
<section class="card" aria-labelledby="facts-title"><h2 id="facts-title">What happened</h2>${facts(places, id, opened, state)}</section>
<section class="card" aria-labelledby="diff-title"><h2 id="diff-title">Before and after</h2>${beforeAndAfter(opened, state, kept.includes('before'))}
${admin ? kept.length > 0 && revealForm(opened) : html`<p class="small">Personal data can be revealed by an admin.</p>`}</section>
</div><div>
${eventList(places.root, history, origin)}
${views(viewed)}
${others(places, related)}
</div></div>`
}
