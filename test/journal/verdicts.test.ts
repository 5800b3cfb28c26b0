/** What a read proves: whatever leaves a doubt is unclear, and nothing is guessed. */
import { expect, test } from '@jest/globals'
import type { Event } from '../../src/journal/event/event.ts'
import { type AppUserSeen, evidenceOf, type Observation } from '../../src/journal/reconcile/verdicts.ts'

const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(24)) as [string, string, string]
const user = (more: AppUserSeen = {}): AppUserSeen => ({
  _id: one,
  givenName: 'Mina',
  clients: [{ id: 'c1', platform: 'twilio' }],
  ...more,
})
const seen = (appUser: AppUserSeen): Observation => ({ status: 200, appUser })
const [absent, away] = [{ status: 404 }, { status: 500 }]

const intentOf = (action: string, smoochIds: Readonly<Record<string, string>>, path: string): Event => ({
  ...{ v: 1, id: 'evt_1', kind: 'intent', time: '2026-11-29T12:00:00.000Z', action },
  targets: Object.entries(smoochIds).map(([role, smoochId]) => ({ role: role as 'subject', type: 'appuser', smoochId })),
  request: { method: 'DELETE', path, digest: 'hmac:' },
})
const on = (action: string, last = '') => intentOf(action, { subject: one }, `/v1.1/apps/a/appusers/${one}${last}`)
const merge = intentOf('merge_users', { surviving: one, discarded: two }, '/v1.1/apps/a/appusers/merge')
const unlink = on('unlink_app_user', '/channels/twilio')
const nameless = { ...on('delete_app_user_profile'), targets: [{ role: 'subject', type: 'appuser', subject: 'sub_1' }] } satisfies Event

type Row = readonly [what: string, intent: Event, before: unknown, reads: Readonly<Record<string, Observation>>, evidence: string]

const rows: readonly Row[] = [
  ['a user under another _id: the former one is gone', on('delete_app_user'), user(), { [one]: seen(user({ _id: two })) }, 'applied'],
  ['no answer', on('delete_app_user'), user(), { [one]: away }, 'unclear'],
  ['an answer without an _id', on('delete_app_user'), user(), { [one]: { status: 200, appUser: {} } }, 'unclear'],
  ['a profile that was empty before', on('delete_app_user_profile'), { _id: one }, { [one]: seen(user()) }, 'unclear'],
  ['a profile of which no image was taken', on('delete_app_user_profile'), undefined, { [one]: seen(user()) }, 'unclear'],
  ['a profile that was changed meanwhile', on('delete_app_user_profile'), user(), { [one]: seen(user({ givenName: 'Nina' })) }, 'unclear'],
  ['a profile whose user answers under another _id', on('delete_app_user_profile'), user(), { [one]: seen(user({ _id: two })) }, 'unclear'],
  ['a user whose _id nobody knew', nameless, user(), {}, 'unclear'],
  ['a merge without an image of both', merge, undefined, {}, 'unclear'],
  ['a merge after which nobody is there', merge, {}, { [one]: absent, [two]: absent }, 'unclear'],
  ['a merge after which the discarded _id leads to the survivor', merge, {}, { [one]: seen(user()), [two]: seen(user()) }, 'applied'],
  ['a merge after which it leads to a third', merge, {}, { [one]: seen(user()), [two]: seen(user({ _id: three })) }, 'unclear'],
  ['a channel that was not linked before', unlink, user({ clients: [] }), { [one]: seen(user()) }, 'unclear'],
  ['a channel of a user without any', unlink, { _id: one }, { [one]: seen(user()) }, 'unclear'],
  ['a channel of a user who is gone', unlink, user(), { [one]: absent }, 'unclear'],
  ['a link of which no image was taken', on('link_app_user', '/channels'), undefined, {}, 'unclear'],
  ['a link of a user who is gone', on('link_app_user', '/channels'), user(), { [one]: absent }, 'unclear'],
  ['an action of a later version', on('archive_app_user'), user(), { [one]: absent }, 'unclear'],
  ['an action by the name of what every object has', on('constructor'), user(), { [one]: absent }, 'unclear'],
]

test.each(rows)('%s', async (_what, intent, before, reads, evidence) => {
  expect(await evidenceOf({ intent, before, observe: (id) => Promise.resolve(reads[id]!) })).toBe(evidence)
})
