/** TABLE: each action in the journal: its words, the short name that people type, its group in the
 * charts, and what it leaves of the person. */
import type { GuardedId, RecordedId } from '../../contract/operations.ts'

export type Group = 'deleted' | 'merged' | 'linked' | 'written'

interface Action {
  /** Short name in searches. */
  readonly short: string | undefined
  readonly group: Group
  readonly past: string
  readonly infinitive: string
  /** What is said of the state before where no copy of it is kept. */
  readonly before: string
  /** What a successful call leaves of a field. */
  readonly left?: (field: string) => string
}

const before = {
  notKept: 'What stood there before is not kept.',
  nothing: 'There was nothing before.',
  added: 'Something is added and nothing replaced.',
  handedOut: 'Something is handed out and nothing changed.',
  noUser: 'No user is changed.',
} as const

/** Fields that the vendor's profile deletion empties, and what is left; all others stay. */
const withoutProfile: Readonly<Record<string, string>> = {
  givenName: 'emptied',
  surname: 'emptied',
  email: 'emptied',
  avatarUrl: 'emptied',
  properties: 'emptied',
  clients: 'without names, pictures and raw data',
}

const gone = () => 'gone'
const changed = (part: RegExp, words: string) => (field: string) => (part.test(field) ? words : 'unchanged')

/** One that destroys, or may, says what it leaves. */
type OfOperation<Id> = Id extends GuardedId ? Required<Action> : Action

// biome-ignore format: a table is read down its columns
const operations: { readonly [Id in RecordedId]: OfOperation<Id> } = {
  delete_app_user:         { short: 'delete',  group: 'deleted', past: 'deleted',                infinitive: 'delete',               before: before.notKept, left: gone },
  delete_app_user_profile: { short: 'erase',   group: 'deleted', past: 'erased the profile of',  infinitive: 'erase the profile of', before: before.notKept, left: (field) => withoutProfile[field] ?? 'unchanged' },
  merge_users:             { short: 'merge',   group: 'merged',  past: 'merged',                 infinitive: 'merge',                before: before.notKept, left: (field) => (field === 'discarded' ? 'gone' : 'kept; may hold more now') },
  unlink_app_user:         { short: 'unlink',  group: 'linked',  past: 'unlinked a channel of',  infinitive: 'unlink a channel of',  before: before.notKept, left: changed(/^clients$/, 'without that channel') },
  link_app_user:           { short: 'link',    group: 'linked',  past: 'linked a channel to',    infinitive: 'link a channel to',    before: before.added,   left: changed(/clients$/i, 'with the new channel') },
  pre_create_app_user:     { short: 'create',  group: 'written', past: 'created',                infinitive: 'create',               before: before.nothing },
  update_app_user:         { short: 'update',  group: 'written', past: 'updated',                infinitive: 'update',               before: before.notKept },
  post_image_message:      { short: 'image',   group: 'written', past: 'sent an image to',       infinitive: 'send an image to',     before: before.added },
  get_app_user_auth_code:  { short: undefined, group: 'written', past: 'got an auth code of',    infinitive: 'get an auth code of',  before: before.handedOut },
  get_link_requests:       { short: undefined, group: 'written', past: 'got link requests of',   infinitive: 'get link requests of', before: before.handedOut },
}

/** Actions of administration, which no operation describes; recorded as calls, refused too. */
// biome-ignore format: a table is read down its columns
const acts = {
  end_sessions:      { short: undefined, group: 'written', past: 'ended sessions of',     infinitive: 'end sessions of',      before: before.noUser },
  set_roles:         { short: undefined, group: 'written', past: 'changed the roles of',  infinitive: 'change the roles of',  before: before.noUser },
  mint_session:      { short: undefined, group: 'written', past: 'minted a session for',  infinitive: 'mint a session for',   before: before.noUser },
  reveal_operation:  { short: undefined, group: 'written', past: 'revealed an operation', infinitive: 'reveal an operation',  before: before.noUser },
  resolve_operation: { short: undefined, group: 'written', past: 'resolved an operation', infinitive: 'resolve an operation', before: before.noUser },
} as const satisfies Record<string, Action>

export type Act = keyof typeof acts

const actions = new Map<string, Action>(Object.entries({ ...operations, ...acts }))

export const actionNames: readonly string[] = [...actions.keys()]

const byShort = new Map([...actions].flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])))

export const shortNames: readonly string[] = [...byShort.keys()]

/** The full name of a typed one. */
export const fullName = (word: string): string => byShort.get(word) ?? word

export const groupOf = (name: string): Group => actions.get(name)?.group ?? 'written'

/** Words for an action; one of a later version is shown by its name. */
export const wordsFor = (name: string): Pick<Action, 'past' | 'infinitive' | 'before'> =>
  actions.get(name) ?? { past: name.replaceAll('_', ' '), infinitive: name.replaceAll('_', ' '), before: before.notKept }

/** What is left of a field; it stays if the action destroys nothing or is of a later version. */
export const leftOf = (name: string, field: string): string => actions.get(name)?.left?.(field) ?? 'unchanged'
