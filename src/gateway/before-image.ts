/** The look before a guarded call: what stands there, and whom the call is about. What the vendor does not say is written down as it was asked, never left out. */
import type { UpstreamApp } from '../../config/apps.ts'
import { looksLikeSmoochId } from '../contract/ids.ts'
import type { GuardedOperation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Problem } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import type { Person } from '../journal/event/compose.ts'
import type { GuardedCall } from '../journal/guard/guard.ts'
import { TIMED_OUT, withTimeout } from '../platform/deadline.ts'
import { withoutDeviceSecrets } from '../policy/projection.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Upstream } from '../upstream/client.ts'
import { isNameOf, namesIn } from './targets.ts'

type AppUser = Identified['appUser']

export interface Found {
  readonly role: Subject['role']
  /** The vendor's `_id` in its answer of just now. */
  readonly smoochId: string | undefined
  /** The person by the names that are proved; the name that was asked for beside them when it is neither. */
  readonly targets: readonly Person[]
  readonly image: AppUser | undefined
  /** The answer speaks of somebody who bears another name: a survivor of a merge, an id in another spelling. */
  readonly another: boolean
}

interface Parts {
  readonly upstream: Upstream
  readonly sessions: Sessions
}

/** How long the look may take; it shares two seconds with the intent. */
const beforeImageMs = 1_000

export const createLookup = ({ upstream, sessions }: Parts) => {
  /** Throws `user_not_found`, `upstream_busy`, and for a merge `subjects_unresolved`: only that is sent when both are known for certain, since an erasure must not hang on a read. */
  const look = async (app: UpstreamApp, operation: GuardedOperation, { role, id }: Subject): Promise<Found> => {
    try {
      const reading = upstream.call(app, { operation: operations.get_app_user, params: { userId: id }, retry: false })
      const { appUser } = withoutDeviceSecrets((await inTime(reading)).body as Identified)
      const another = !isNameOf(id, appUser)
      if (!another && !looksLikeSmoochId(appUser._id)) throw new Error('the answer has no _id of the vendor')
      return { role, smoochId: appUser._id, targets: namesIn(role, id, appUser), image: appUser, another }
    } catch (cause) {
      const { code, particulars = {} } = cause instanceof Problem ? cause : {}
      if (code === 'user_not_found' && particulars.outcome === 'failure') throw cause
      if (operation.subject === 'both') throw unresolved(cause)
      if (code === 'upstream_busy')
        throw new Problem(code, { cause, outcome: 'not_sent', headers: { 'Retry-After': '5', ...particulars.headers } })
      return { role, smoochId: undefined, targets: await remembered(app, role, id), image: undefined, another: false }
    }
  }

  /** The person's `_id`, or whose `_id` this is, as the vendor once said; and as it was asked, unless it is exactly that. */
  const remembered = async ({ appId }: UpstreamApp, role: Subject['role'], id: string): Promise<Person[]> => {
    const own = await sessions.smoochIdOf({ app: appId, userId: id, actor: { id } })
    if (own !== undefined || !looksLikeSmoochId(id)) return [{ role, userId: id, ...(own !== undefined && { smoochId: own }) }]
    const smoochId = id.toLowerCase()
    const userIds = await sessions.whose(appId, smoochId)
    const known = userIds.map((userId) => ({ role, userId, smoochId }))
    return known.length > 0 && id === smoochId ? known : [...known, { role, userId: id }]
  }

  /** The userIds whose sessions are to end with the person in this role. */
  const userIdsOf = async ({ appId }: UpstreamApp, found: readonly Found[], role: Subject['role'] | undefined): Promise<string[]> => {
    const targets = found.filter((it) => it.role === role).flatMap((it) => it.targets)
    const once = await Promise.all(targets.map(({ smoochId }) => (smoochId === undefined ? [] : sessions.whose(appId, smoochId))))
    return [...new Set([...targets.flatMap(({ userId }) => userId ?? []), ...once.flat()])]
  }

  return { look, userIdsOf }
}

export const unresolved = (cause?: unknown): Problem =>
  new Problem('subjects_unresolved', { cause, headers: { 'Retry-After': '5' }, outcome: 'not_sent' })

export const imageOf = (found: readonly Found[]): NonNullable<GuardedCall['before']> => {
  if (found.some(({ image }) => image === undefined)) return { state: 'unavailable' }
  const [first, ...others] = found
  const image = others.length > 0 ? Object.fromEntries(found.map((it) => [it.role, it.image])) : first!.image
  return { state: 'captured', image, fields: namesOfFields(image ?? {}) }
}

/** For the console. An answer with thousands of fields makes the event no longer than one event may be, since no erasure must hang on that. */
const namesOfFields = (image: object): string[] =>
  Object.keys(image)
    .filter((name) => /^\w{1,40}$/.test(name))
    .slice(0, 100)

const inTime = async <T>(reading: Promise<T>): Promise<T> => {
  const answer = await withTimeout(beforeImageMs, reading)
  if (answer === TIMED_OUT) throw new Error('the look at what stands there took too long')
  return answer
}
