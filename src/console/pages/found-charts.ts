/** What a search finds, in charts: by day and kind, and by who acted. */
import { type Html, html } from '../../http/html.ts'
import { decode, type Event } from '../../journal/event/event.ts'
import type { SealedSource } from '../../journal/store/history.ts'
import { knownNames, type Names } from '../../journal/store/known-names.ts'
import { eventsAt } from '../../journal/store/queries/log.ts'
import type { DaySum } from '../../journal/store/queries/search.ts'
import { sumFound } from '../../journal/store/search.ts'
import { kindOf, none } from '../counters.ts'
import { chart } from './chart.ts'
import { grouped, operations } from './numbers.ts'
import type { Places } from './phrases.ts'
import { filterOf, isFaulty, type Term } from './search-query.ts'
import { actorLink } from './timeline.ts'

interface Actor {
  readonly actor: Event['actor']
  readonly count: number
}

/** Of the newest operations that a search finds. */
export interface FoundSums {
  readonly sums: readonly DaySum[]
  readonly total: number
  /** Those who did most. */
  readonly actors: readonly Actor[]
  readonly names: Names
}

/** Operations that are counted at most: it takes about as long as their page. */
const maxCounted = 1_000
const maxActors = 6

/** Nothing for a search that is not understood. */
export const sumsOf = async ({ store, sealer }: SealedSource, tenant: string, words: readonly Term[]): Promise<FoundSums | undefined> => {
  if (isFaulty(words)) return undefined
  const sums = await sumFound(store, sealer, { ...filterOf(words), tenant }, maxCounted)
  const byActor = new Map<string, { count: number; last: number }>()
  for (const { actor, count, last } of sums) {
    const known = byActor.get(actor) ?? { count: 0, last }
    byActor.set(actor, { count: known.count + count, last: Math.max(known.last, last) })
  }
  const first = [...byActor.values()].toSorted((one, other) => other.count - one.count).slice(0, maxActors)
  const indexes = first.map(({ last }) => last)
  const events = new Map((await eventsAt(store, indexes)).map(({ index, body }) => [index, decode(body)]))
  return {
    sums,
    total: sums.reduce((sum, { count }) => sum + count, 0),
    actors: first.map(({ count, last }) => ({ actor: events.get(last)?.actor, count })),
    names: await knownNames({ store, sealer }, [...events.values()]),
  }
}

/** How many operations a search finds, in words. */
export const hitsOf = (found: FoundSums | undefined): string => {
  if (!found) return ''
  const { total } = found
  return total >= maxCounted ? `${operations(maxCounted)} or more` : operations(total)
}

const dayMs = 86_400_000
const maxSteps = 30
const minSteps = 14

/** Up to the last day that has some, in steps of as many days as bring all of them in. */
const byDay = ({ sums }: FoundSums): Html => {
  const days = sums.map(({ day }) => Date.parse(day))
  const [first, last] = [Math.min(...days), Math.max(...days)]
  const span = (last - first) / dayMs + 1
  const each = Math.ceil(span / maxSteps)
  const steps = Math.max(minSteps, Math.ceil(span / each))
  const begins = last - (steps * each - 1) * dayMs
  const series = Array.from({ length: steps }, none)
  for (const sum of sums) series[Math.floor((Date.parse(sum.day) - begins) / dayMs / each)]![kindOf(sum)] += sum.count
  const names = series.map((_, at) => new Date(begins + at * each * dayMs).toISOString().slice(0, 10))
  return chart(each === 1 ? 'Found, by day' : `Found, by ${each} days`, series, names)
}

const bar = (share: number): Html =>
  html`<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${(share * 100).toFixed(1)}" height="1"/></svg>`

/** A table with a bar in each row, so that it needs no other text. */
export const byActor = (places: Places, { actors, names, total }: FoundSums): Html => {
  const rest = actors.reduce((left, { count }) => left - count, total)
  const max = Math.max(rest, ...actors.map(({ count }) => count))
  const row = (name: Html | string, count: number): Html =>
    html`<tr><th scope="row">${name}</th><td>${grouped(count)}</td><td class="bar">${bar(count / max)}</td></tr>`
  return html`
<figure class="chart actors"><figcaption><b>Who acted</b> <span>in ${total >= maxCounted ? `the newest ${operations(maxCounted)}` : operations(total)}</span></figcaption>
<table aria-label="Operations by who acted"><thead class="unseen"><tr><th scope="col">Who</th><th scope="col">Operations</th><td></td></tr></thead>
<tbody>${actors.map(({ actor, count }) => row(actorLink({ ...places, names }, actor), count))}${rest > 0 && row('others', rest)}</tbody></table>
</figure>`
}

/** Charts of a search; nothing where nothing is found. */
export const foundCharts = (places: Places, found: FoundSums | undefined): Html | undefined =>
  found && found.total > 0 ? html`${byDay(found)}${byActor(places, found)}` : undefined
