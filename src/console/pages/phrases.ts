/** Sentences that tell operation and outcome: "deleted X", "tried to delete X", "may have …". */

import { type Html, html } from '../../http/html.ts'
import { wordsFor } from '../../journal/event/actions.ts'
import type { Event, State, Target } from '../../journal/event/event.ts'
import type { Names } from '../../journal/store/known-names.ts'
import { searchFor } from './search-query.ts'

type Verb = Pick<ReturnType<typeof wordsFor>, 'past' | 'infinitive'>

const verbFor = ({ action, request }: Event): Verb => {
  const channel = action === 'unlink_app_user' ? request?.path.split('/').at(-1) : undefined
  return channel && !channel.startsWith(':') ? { past: `unlinked ${channel} of`, infinitive: `unlink ${channel} of` } : wordsFor(action)
}

const phrases: Readonly<Record<State, (verb: Verb) => string>> = {
  success: ({ past }) => past,
  applied: ({ past }) => past,
  pending: ({ infinitive }) => `is about to ${infinitive}`,
  denied: ({ infinitive }) => `was not allowed to ${infinitive}`,
  failure: ({ infinitive }) => `tried to ${infinitive}`,
  not_sent: ({ infinitive }) => `tried to ${infinitive}`,
  not_applied: ({ infinitive }) => `tried to ${infinitive}`,
  unknown: ({ past }) => `may have ${past}`,
  indeterminate: ({ past }) => `may have ${past}`,
  contradiction: ({ past }) => `may have ${past}`,
}

export const phraseOf = (event: Event, state: State): string => phrases[state](verbFor(event))

export const nameOf = ({ smoochId, subject }: Target): string => smoochId ?? subject ?? 'somebody'

/** As people know the person, else by the vendor's `_id`, else by pseudonym. */
export const shownName = (names: Names, target: Target): string =>
  names.get(target.subject ?? '') ?? names.get(target.smoochId ?? '') ?? nameOf(target)

export interface Places {
  /** Path of the console: base path and `/ops`. */
  readonly root: string
  /** Names of the persons on the page. */
  readonly names?: Names
}

/** A masked name finds nobody, so its link goes by the token. */
export const linkable = (shown: string, token: string): string => (shown.includes('…') ? token : shown)

export const personLink = ({ root, names = new Map() }: Places, target: Target): Html => {
  const shown = shownName(names, target)
  const value = linkable(shown, nameOf(target))
  return html`<a class="person" href="${searchFor(root, { key: 'target', value })}" title="${target.smoochId ?? 'All about this person'}">${shown}</a>`
}

/** The people of an event: "B into A" for a merge. */
export const peopleOf = (places: Places, { action, targets = [] }: Event): Html => {
  const of = (role: Target['role']): Target | undefined => targets.find((target) => target.role === role)
  const [gone, stays] = [of('discarded'), of('surviving')]
  if (action === 'merge_users' && gone && stays) return html`${personLink(places, gone)} into ${personLink(places, stays)}`
  return html`${targets.map((target, at) => [at > 0 && ' and ', personLink(places, target)])}`
}

export const meanings: Readonly<Record<State, string>> = {
  pending: 'Recorded, not yet ended',
  success: 'The messaging service accepted it',
  failure: 'The messaging service refused it',
  not_sent: 'Nothing was sent',
  unknown: 'Sent, but no clear answer: it may have taken effect',
  applied: 'Found to have taken effect',
  not_applied: 'Found not to have taken effect',
  indeterminate: 'Could not be found out: a person must decide',
  denied: 'Not allowed: nothing was sent',
  contradiction: 'An answer came that does not fit the verdict: a person must decide',
}
