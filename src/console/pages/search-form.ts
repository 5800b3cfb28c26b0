/** The search above the timeline: its field, and its words with what each may say. */

import { type Html, html } from '../../http/html.ts'
import { actions, states } from '../../journal/filter.ts'
import type { Places } from './phrases.ts'
import { isFaulty, keyNames, lacksZone, parse, type Term, textOf, wordOf } from './search-query.ts'
import { addressOf } from './timeline.ts'

const suggestions: readonly (readonly [name: string, text: string])[] = [
  ['Unclear outcome', 'state:open'],
  ['Deletions', 'action:delete'],
  ['Merges', 'action:merge'],
  ['Denied', 'state:denied'],
  ['Last 24 h', 'from:24h'],
]

/** What narrows the search further stays beside its words. */
const hints = (words: readonly Term[]) =>
  suggestions.map(([name, text]) => ({ name, more: parse(text) })).filter(({ more }) => !words.some(({ key }) => key === more[0]!.key))

/** What else is said of a word that was looked for as a name. */
const remarkOf = (places: Places, words: readonly Term[], word: Term): Html | undefined => {
  const { key, value, unknownKey } = word
  if (key !== 'any') return undefined
  if (unknownKey !== undefined)
    return html`<b>${unknownKey}:</b> is no word of the search, so <b>${value}</b> was looked for as a name. Words are ${keyNames}.`
  if (value.includes('…'))
    return html`<b>${value}</b> is masked, and finds nobody: follow its link in a row, or take the _id from its tooltip.`
  const meant = actions.includes(value.toLowerCase()) ? 'action' : states.includes(value.toLowerCase()) ? 'state' : undefined
  if (meant === undefined) return undefined
  const other: Term = { ...word, key: meant, value: value.toLowerCase() }
  const address = addressOf(
    places,
    words.map((one) => (one === word ? other : one)),
  )
  return html`<b>${value}</b> was looked for as a name. Did you mean <a href="${address}">${wordOf(other)}</a>?`
}

/** Nothing that leads the search: each operation is read. */
const readsAll = (words: readonly Term[]): boolean =>
  !isFaulty(words) &&
  words.some(({ key, not }) => key === 'reason' && !not) &&
  words.every(({ key, not }) => not || key === 'reason' || key === 'to' || key === 'zone')

const remarks = (places: Places, words: readonly Term[]): Html =>
  html`${words.map((word) => {
    if (word.fault !== undefined)
      return html`<p class="fault" role="status"><b>${wordOf(word)}</b> is not understood: it must be ${word.fault}.</p>`
    const remark = remarkOf(places, words, word)
    return remark && html`<p class="remark">${remark}</p>`
  })}${readsAll(words) && html`<p class="remark">A reason has no index: this reads every operation until it has found enough. A span such as <b>from:30d</b>, or who acted, makes it quick.</p>`}${lacksZone(words) && html`<p class="remark">Days and times of this search are in UTC; a word such as <b>zone:Europe/Berlin</b> changes that.</p>`}`

const chips = (places: Places, words: readonly Term[]): Html => html`
<ul class="chips" aria-label="Words of this search">${words.map((word) => {
  const rest = words.filter((other) => other !== word)
  return html`<li><a class="chip${word.fault !== undefined && ' faulty'}" href="${addressOf(places, rest)}"><b>${word.not && 'not '}${word.key}</b> ${word.value} <span aria-hidden="true">×</span><span class="unseen">: remove</span></a></li>`
})}${hints(words).map(({ name, more }) => html`<li><a class="chip hint" href="${addressOf(places, [...words, ...more])}">${name}</a></li>`)}</ul>
${remarks(places, words)}`

export const searchForm = (places: Places, words: readonly Term[]): Html => html`
<search>
<form action="${places.root}" class="search">
<label for="q">Find operations <span>whatever you have: a userId, an _id, a ticket, who did it, an id of a request, operation or event; or words such as ${keyNames}</span></label>
<div class="field"><input id="q" name="q" type="search" value="${textOf(words)}" placeholder="userId, ticket, req_…, or action:delete,merge -state:success from:yesterday" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search"><button type="submit">Search</button></div>
</form>
${chips(places, words)}
</search>`
