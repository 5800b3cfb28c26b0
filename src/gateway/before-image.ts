/** The user before a guarded call, and whom it is about; without an answer, the id asked for. */
import type { UpstreamApp } from '../../config/apps.ts'
import { looksLikeSmoochId } from '../contract/ids.ts'
import type { GuardedOperation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Problem } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import type { Person } from '../journal/event/compose.ts'
import type { GuardedCall } from '../journal/guard/call-guard.ts'
import { timedOut, withTimeout } from '../platform/deadline.ts'
import type { Subject } from '../policy/subjects.ts'
import { withoutDeviceSecrets } from '../policy/visible-fields.ts'
import type { Sessions } from '../session/sessions.ts'
import type { UpstreamCall } from '../upstream/call.ts'
import type { Upstream } from '../upstream/client.ts'
import type { Call } from './call.ts'
import { isNameOf, namesIn } from './call-facts.ts'

type AppUser = Identified['appUser']

export interface Found {
  readonly role: Subject['role']
  /** The `_id` in the vendor's answer of this call. */
  readonly smoochId: string | undefined
  /** The proved names of the person, and the name that was asked for when it is neither. */
  readonly targets: readonly Person[]
  readonly before: AppUser | undefined
  /** The answer is about another user: a survivor of a merge, an id in another spelling. */
  readonly another: boolean
}

interface Parts {
  readonly upstream: Upstream
  readonly sessions: Sessions
}

/** Time for the look; it shares two seconds with the intent. */
const beforeImageMs = 1_000

export const createBeforeImages = ({ upstream, sessions }: Parts) => {
  /** Throws `user_not_found`, `upstream_busy`, and for a merge `subjects_unresolved`: other calls
   * go on, since an erasure must not depend on a read. */
  const look = async (app: UpstreamApp, operation: GuardedOperation, { role, id }: Subject): Promise<Found> => {
    try {
      const patience = { until: performance.now() + beforeImageMs }
      const reading = upstream.call(app, {
        operation: operations.get_app_user,
        params: { userId: id },
        retry: false,
        bulkhead: 'guarded',
        patience,
      })
      const { appUser } = withoutDeviceSecrets((await answerInTime(reading)).body as Identified)
      const another = !isNameOf(id, appUser)
      if (!another && !looksLikeSmoochId(appUser._id)) throw new Error('the answer of the vendor holds no valid _id')
      return { role, smoochId: appUser._id, targets: namesIn(role, id, appUser), before: appUser, another }
    } catch (cause) {
      const { code, particulars = {} } = cause instanceof Problem ? cause : {}
      if (code === 'user_not_found' && particulars.outcome === 'failure') throw cause
      if (operation.subject === 'both') throw subjectsUnresolved(cause)
      if (code === 'upstream_busy')
        throw new Problem(code, { cause, outcome: 'not_sent', headers: { 'Retry-After': '5', ...particulars.headers } })
      return { role, smoochId: undefined, targets: await knownNames(app, role, id), before: undefined, another: false }
    }
  }

  /** The `_id` or the owner that an earlier answer told, and the id as it was asked for. */
  const knownNames = async ({ appId }: UpstreamApp, role: Subject['role'], id: string): Promise<Person[]> => {
    const own = await sessions.smoochIdOf({ app: appId, userId: id, actor: { id } })
    if (own !== undefined || !looksLikeSmoochId(id)) return [{ role, userId: id, ...(own !== undefined && { smoochId: own }) }]
    const smoochId = id.toLowerCase()
    const userIds = await sessions.whose(appId, smoochId)
    const known = userIds.map((userId) => ({ role, userId, smoochId }))
    return known.length > 0 && id === smoochId ? known : [...known, { role, userId: id }]
  }

  /** The userIds whose sessions end with this person. */
  const userIdsOf = async ({ appId }: UpstreamApp, found: readonly Found[], role: Subject['role'] | undefined): Promise<string[]> => {
    const targets = found.filter((it) => it.role === role).flatMap((it) => it.targets)
    const once = await Promise.all(targets.map(({ smoochId }) => (smoochId === undefined ? [] : sessions.whose(appId, smoochId))))
    return [...new Set([...targets.flatMap(({ userId }) => userId ?? []), ...once.flat()])]
  }

  return { look, userIdsOf }
}

export const subjectsUnresolved = (cause?: unknown): Problem =>
  new Problem('subjects_unresolved', { cause, headers: { 'Retry-After': '5' }, outcome: 'not_sent' })

export const beforeImageOf = (found: readonly Found[]): NonNullable<GuardedCall['before']> => {
  if (found.some(({ before }) => before === undefined)) return { state: 'unavailable' }
  const [first, ...others] = found
  const image = others.length > 0 ? Object.fromEntries(found.map((it) => [it.role, it.before])) : first!.before
  return { state: 'captured', image, fields: namesOfFields(image ?? {}) }
}

/** Field names for the console; bounded, so that no erasure fails on the size of its event. */
const namesOfFields = (image: object): string[] =>
  Object.keys(image)
    .filter((name) => /^\w{1,40}$/.test(name))
    .slice(0, 100)

const answerInTime = async <T>(reading: Promise<T>): Promise<T> => {
  const answer = await withTimeout(beforeImageMs, reading)
  if (answer === timedOut) throw new Error(`the vendor did not answer the read of the user within ${beforeImageMs / 1000} s`)
  return answer
}

/** The call by smoochId where it is known: it cannot come to mean another. Throws `same_person`. */
export const bySmoochId = (call: Call<GuardedOperation>, found: readonly Found[]): UpstreamCall<GuardedOperation> => {
  const { operation, params, query, body } = call
  if (operation.subject === 'both') {
    const [surviving, discarded] = found.map(({ smoochId }) => smoochId)
    if (surviving === discarded) throw new Problem('same_person')
    return { operation, params, query, body: { surviving: { _id: surviving }, discarded: { _id: discarded } } }
  }
  const smoochId = found[0]?.smoochId
  return { operation, params: smoochId === undefined ? params : { ...params, userId: smoochId }, query, body }
}
