/** The timeline: one row per operation, newest first, narrowed by the search. */

import { type Html, html } from '../../http/html.ts'
import { decode, type Event } from '../../journal/event/event.ts'
import type { SealedSource } from '../../journal/store/history.ts'
import { knownNames, type Names } from '../../journal/store/known-names.ts'
import { eventsOfOperations } from '../../journal/store/queries/operations.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { type OperationRow, operations } from '../../journal/store/search.ts'
import { columnNames } from '../saved-view.ts'
import { linkable, meanings, type Places, peopleOf, phraseOf } from './phrases.ts'
import { filterOf, isFaulty, searchFor, type Term, textOf } from './search-query.ts'
import { duration, timeAndAge } from './times.ts'

export interface RowPlaces extends Places {
  /** Address with `{ticket}` in it. */
  readonly ticketUrl?: string | undefined
  /** The query of the timeline that a person came from, with its question mark, or nothing. */
  readonly search: string
}

export interface TimelineRow extends OperationRow {
  readonly milliseconds: number | undefined
}

export interface Found {
  readonly rows: readonly TimelineRow[]
  readonly names: Names
  readonly next?: number
}

/** A page of a search: below an index, from an index on, or the newest. */
export interface Page {
  readonly cursor?: number | undefined
  readonly after?: number | undefined
}

const perPage = 50

/** Milliseconds of each operation: the upstream's time, else from intent to outcome. */
const durations = async (store: Source, rows: readonly OperationRow[]): Promise<Map<string, number>> => {
  const started = new Map(rows.map(({ id, opened }) => [id, Date.parse(opened.time)]))
  const outcomes = await eventsOfOperations(store, [...started.keys()], 'outcome')
  return new Map(
    outcomes.map(({ operation, body }) => {
      const { upstream, time } = decode(body)
      return [operation, upstream?.durationMs ?? Date.parse(time) - started.get(operation)!]
    }),
  )
}

export const findRows = async (
  { store, sealer }: SealedSource,
  tenant: string,
  words: readonly Term[],
  { cursor, after }: Page = {},
  limit = perPage,
): Promise<Found> => {
  if (isFaulty(words)) return { rows: [], names: new Map() }
  const page = { ...(cursor !== undefined && { cursor }), ...(after !== undefined && { after }) }
  const found = await operations(store, sealer, { ...filterOf(words), tenant, limit, ...page })
  const opened = found.rows.map((row) => row.opened)
  const [took, names] = await Promise.all([durations(store, found.rows), knownNames({ store, sealer }, opened)])
  const rows = found.rows.map((row) => ({
    ...row,
    milliseconds: row.opened.recorded && !row.opened.upstream ? undefined : took.get(row.id),
  }))
  return { rows, names, ...(found.next !== undefined && { next: found.next }) }
}

export const actorName = ({ names }: Places, actor: Event['actor']): string => names?.get(actor?.id ?? '') ?? actor?.id ?? 'somebody'

export const actorLink = (places: Places, actor: Event['actor']): Html => {
  const shown = actorName(places, actor)
  if (!actor) return html`<span class="who">${shown}</span>`
  const address = searchFor(places.root, { key: 'actor', value: linkable(shown, actor.id) })
  return html`<a class="who ${actor.type}" href="${address}" title="All by this ${actor.type}">${shown}</a>`
}

export const reasonOf = ({ ticketUrl }: RowPlaces, { reason }: Event): Html => {
  const ticket = reason?.ticket
  const link =
    ticket === undefined
      ? undefined
      : ticketUrl === undefined
        ? html`<span class="ticket">${ticket}</span>`
        : html`<a class="ticket" href="${ticketUrl.replace('{ticket}', encodeURIComponent(ticket))}" rel="noreferrer" target="_blank">${ticket}</a>`
  const note = reason?.note && html`<span class="note">note sealed</span>`
  const parts = [reason?.code?.replaceAll('_', ' '), link, note].filter((part) => part !== undefined)
  return html`${parts.map((part, at) => [at > 0 && ' · ', part])}`
}

export const stateTag = (state: OperationRow['state']): Html =>
  html`<span class="tag t-${state}" title="${meanings[state]}">${state.replaceAll('_', ' ')}</span>`

const rowOf = (places: RowPlaces, { id, state, opened, milliseconds }: TimelineRow): Html => html`
<li class="op" data-op="${id}">
<span class="when">${timeAndAge(opened.time)}</span>
<span class="state">${stateTag(state)}</span>
<span class="what">${actorLink(places, opened.actor)}${opened.actor?.onBehalfOf && html` <span class="for">for ${opened.actor.onBehalfOf}</span>`}
<a class="open" href="${places.root}/operations/${id}${places.search}">${phraseOf(opened, state)}</a> ${peopleOf(places, opened)}${opened.count !== undefined && ` (${opened.count} more times)`}</span>
<span class="why">${reasonOf(places, opened)}</span>
<span class="took">${milliseconds === undefined ? '' : duration(milliseconds)}</span>
</li>`

const columns: Readonly<Record<(typeof columnNames)[number], string>> = {
  ago: 'Age',
  state: 'Outcome',
  why: 'Why',
  took: 'How long it took',
}

/** Shown by script, which keeps the choice. */
export const columnChoice = (): Html => html`
<details id="columns" hidden><summary>Columns</summary><fieldset><legend class="unseen">Columns of the timeline</legend>${columnNames.map(
  (column) => html`<label><input type="checkbox" value="${column}" checked> ${columns[column]}</label>`,
)}</fieldset></details>`

/** The query of a timeline, with its question mark, or nothing. */
export const searchOf = (words: readonly Term[], page: Page = {}): string => {
  const given = { q: words.length > 0 ? textOf(words) : undefined, ...page }
  const parameters = new URLSearchParams(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
  return parameters.size > 0 ? `?${parameters}` : ''
}

export const addressOf = ({ root }: Places, words: readonly Term[], page?: Page): string => root + searchOf(words, page)

/** Rows without a frame, for use inside another page. */
export const plainRows = (places: RowPlaces, name: string, rows: readonly TimelineRow[]): Html =>
  html`<ol class="rows" aria-label="${name}">${rows.map((row) => rowOf(places, row))}</ol>`

const pageLinks = (places: Places, words: readonly Term[], { cursor, after }: Page, next: number | undefined): Html => {
  const newer = after === undefined ? cursor : next
  const older = after === undefined ? next : after
  const link = (name: string, page: Page): Html => html`<a href="${addressOf(places, words, page)}">${name}</a>`
  return html`<nav class="pages" aria-label="Pages">${(cursor ?? after) !== undefined && link('Newest', {})}${newer !== undefined && link('Newer', { after: newer })}${older !== undefined && link('Older', { cursor: older })}</nav>`
}

const nothing = (words: readonly Term[]): string => {
  if (words.length === 0) return 'Nothing has been done yet.'
  if (isFaulty(words)) return 'Nothing is listed: a word of the search is not understood.'
  const holdsAddress = words.some(({ value }) => value.includes('@'))
  return `No operation fits these words.${holdsAddress ? ' An e-mail address is found where it is a userId or who acted; those inside profiles are sealed.' : ''}`
}

/** The part that script refreshes. */
export const rowList = (places: RowPlaces, words: readonly Term[], found: Found | undefined, page: Page, hits = ''): Html => {
  if (!found) return html`<div id="found"><p class="nothing">The journal cannot be read now.</p></div>`
  const { rows, names, next } = found
  return html`
<div id="found">
<p class="hits" role="status">${hits}</p>
${rows.length === 0 ? html`<p class="nothing">${nothing(words)}</p>` : plainRows({ ...places, names }, 'Operations, newest first', rows)}
${pageLinks(places, words, page, next)}
</div>`
}
