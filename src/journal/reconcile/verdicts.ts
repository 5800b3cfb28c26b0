/** TABLE: what a fresh read of the upstream proves about an operation without outcome. No answer is
 * `unclear`; nothing is guessed. */
import type { GuardedId } from '../../contract/operations.ts'
import type { Event } from '../event/event.ts'

export interface AppUserSeen {
  readonly _id?: string
  readonly givenName?: unknown
  readonly surname?: unknown
  readonly email?: unknown
  readonly properties?: Readonly<Record<string, unknown>>
  readonly clients?: readonly ClientSeen[]
  readonly pendingClients?: readonly ClientSeen[]
}
interface ClientSeen {
  readonly id?: string
  readonly platform?: string
}

/** One GET past every cache. */
export interface Observation {
  readonly status: number
  readonly appUser?: AppUserSeen
}
type Observe = (id: string, of: string) => Promise<Observation>

/** `unchanged`: needed twice, a minute apart, since the upstream works asynchronously. */
type Evidence = 'applied' | 'unchanged' | 'unclear'

export interface Case {
  readonly intent: Event
  /** The before-image; undefined when there is none, or none any more. */
  readonly before: unknown
  readonly observe: Observe
}

const idOf = (intent: Event, role: 'subject' | 'surviving' | 'discarded'): string | undefined =>
  intent.targets?.find((target) => target.role === role)?.smoochId
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
const personal = ({ givenName, surname, email, properties }: AppUserSeen): unknown[] => [givenName, surname, email, properties]
const same = (one: unknown, other: unknown): boolean => (isEmpty(one) && isEmpty(other)) || JSON.stringify(one) === JSON.stringify(other)
const segment = (intent: Event, fromEnd: number): string | undefined => intent.request?.path.split('/').at(-fromEnd)

/** The user as it is now, if it answers under its own `_id`. */
async function present({ intent, observe }: Case): Promise<AppUserSeen | undefined> {
  const id = idOf(intent, 'subject')
  const seen = id === undefined ? undefined : await observe(id, 'subject')
  return seen?.status === 200 && seen.appUser?._id === id ? seen.appUser : undefined
}

const verdicts: Readonly<Record<GuardedId, (it: Case) => Promise<Evidence>>> = {
  delete_app_user: async ({ intent, before, observe }) => {
    const id = idOf(intent, 'subject')
    // Absence proves nothing without a before-image.
    if (id === undefined || before === undefined) return 'unclear'
    const { status, appUser } = await observe(id, 'subject')
    if (status === 404) return 'applied'
    if (status !== 200 || appUser?._id === undefined) return 'unclear'
    return appUser._id === id ? 'unchanged' : 'applied'
  },
  delete_app_user_profile: async (it) => {
    const before = it.before as AppUserSeen | undefined
    if (!before || personal(before).every(isEmpty)) return 'unclear'
    const now = await present(it)
    if (!now) return 'unclear'
    if (personal(now).every(isEmpty)) return 'applied'
    return personal(now).every((value, at) => same(value, personal(before)[at])) ? 'unchanged' : 'unclear'
  },
  merge_users: async ({ intent, before, observe }) => {
    const [surviving, discarded] = [idOf(intent, 'surviving'), idOf(intent, 'discarded')]
    if (surviving === undefined || discarded === undefined || before === undefined) return 'unclear'
    const gone = await observe(discarded, 'discarded')
    if (gone.status === 200 && gone.appUser?._id === discarded) return 'unchanged'
    // For a merged `_id` nothing is documented: absence counts only together with a survivor.
    const stays = await observe(surviving, 'surviving')
    if (stays.status !== 200 || stays.appUser?._id !== surviving) return 'unclear'
    return gone.status === 404 || (gone.status === 200 && gone.appUser?._id === surviving) ? 'applied' : 'unclear'
  },
  unlink_app_user: async (it) => {
    const channel = segment(it.intent, 1)
    const had = (user: AppUserSeen | undefined): boolean => user?.clients?.some(({ platform }) => platform === channel) ?? false
    if (!had(it.before as AppUserSeen | undefined)) return 'unclear'
    const now = await present(it)
    if (!now) return 'unclear'
    return had(now) ? 'unchanged' : 'applied'
  },
  link_app_user: async (it) => {
    const before = it.before as AppUserSeen | undefined
    if (!before) return 'unclear'
    const now = await present(it)
    if (!now) return 'unclear'
    const ids = (user: AppUserSeen): string[] =>
      [...(user.clients ?? []), ...(user.pendingClients ?? [])].flatMap(({ id }) => (id === undefined ? [] : [id]))
    const known = new Set(ids(before))
    return ids(now).some((id) => !known.has(id)) ? 'applied' : 'unchanged'
  },
}

export const evidenceOf = async (it: Case): Promise<Evidence> => {
  const { action } = it.intent
  return Object.hasOwn(verdicts, action) ? await verdicts[action as GuardedId](it) : 'unclear'
}
