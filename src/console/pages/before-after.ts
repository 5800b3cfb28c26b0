/** The fields of the person before and after an operation. Roles are named, since a narrow screen
 * shows the rows of the table as blocks. */

import { type Html, html } from '../../http/html.ts'
import { leftOf, wordsFor } from '../../journal/event/actions.ts'
import { type Event, type State, statesWithoutEffect } from '../../journal/event/event.ts'

const done: readonly State[] = ['success', 'applied']

/** What is known of a field after the call, by its state. */
const afterOf = ({ action, before }: Event, state: State, field: string, kept: boolean): string => {
  if (statesWithoutEffect.includes(state)) return 'unchanged'
  if (!done.includes(state)) return 'not known'
  if (before?.after) return kept ? 'sealed' : 'no longer kept'
  return leftOf(action, field)
}

/** What a reveal replaces by the value. */
const sealedOr = (text: string): Html => (text === 'sealed' ? html`<span class="sealed">sealed</span>` : html`${text}`)

const withoutImage = ({ action, actor }: Event, state: State): string => {
  if (statesWithoutEffect.includes(state)) return 'Nothing was changed.'
  if (actor?.type === 'system') return 'The messaging service reported this afterwards: what stood there before was gone by then.'
  return wordsFor(action).before
}

/** `kept`: whether the before-image is still stored. */
export const beforeAndAfter = (opened: Event, state: State, kept: boolean): Html => {
  const { before } = opened
  if (!before) return html`<p>${withoutImage(opened, state)}</p>`
  if (before.state === 'unavailable') return html`<p>What stood there before could not be read when this was done.</p>`
  return html`
<div class="scroll" tabindex="0" role="region" aria-label="Fields, before and after">
<table class="diff" role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Field</th><th scope="col" role="columnheader">Before</th><th scope="col" role="columnheader">After</th></tr></thead>
<tbody id="diff" role="rowgroup"${before.after && ' data-update'}>${before.fields?.map(
    (field) =>
      html`<tr role="row" data-field="${field}"><th scope="row" role="rowheader">${field}</th><td class="before" role="cell"><span class="${kept ? 'sealed' : 'empty'}">${kept ? 'sealed' : 'no longer kept'}</span></td><td class="after" role="cell">${sealedOr(afterOf(opened, state, field, kept))}</td></tr>`,
  )}</tbody></table></div>
<p class="small">${kept ? `Personal data is stored sealed, and kept until ${before.until ?? 'it is erased'}.` : 'What stood there is no longer kept: it was erased, or its time is over.'}</p>`
}
