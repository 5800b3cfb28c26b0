/** Saved views above the timeline, and the form that saves a search. Script saves and removes. */

import { type Html, html } from '../../http/html.ts'
import { maxViewNameLength } from '../saved-view.ts'
import type { SavedView } from '../saved-views.ts'
import type { Places } from './phrases.ts'
import type { Term } from './search-query.ts'

export const savedViewList = ({ root }: Places, words: readonly Term[], views: readonly SavedView[]): Html => html`
<div id="views">${
  views.length > 0 &&
  html`<ul class="chips" aria-label="Saved views">${views.map(
    ({ id, name, q, without }) =>
      html`<li><a class="chip hint" href="${root}?${new URLSearchParams({ q }).toString()}" data-without="${without.join(' ')}">${name}</a> <button type="button" class="link" data-view="${id}" hidden>Remove<span class="unseen"> the view ${name}</span></button></li>`,
  )}</ul>`
}${
  words.length > 0 &&
  html`<form hidden><label>Save this view as <input type="text" name="name" maxlength="${maxViewNameLength}" required autocomplete="off"></label> <button type="submit">Save</button></form>`
}<output></output></div>`
