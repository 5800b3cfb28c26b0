/** From a trusted assertion to the record of a session: for minting, sign-in and exchange. */

import type { UpstreamApp } from '../../config/apps.ts'
import { faultIn } from '../contract/field-faults.ts'
import { looksLikeSmoochId, provableId } from '../contract/ids.ts'
import { maxAheadSeconds } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { isUserNotFound, Problem } from '../contract/problems.ts'
import type { Identified } from '../contract/schemas.ts'
import type { Upstream } from '../upstream/client.ts'
import type { Assertion } from './assertion.ts'
import { type Cap, requireWithin } from './caps.ts'
import { lifetimeOf } from './lifetimes.ts'
import type { People } from './people.ts'
import { rolesSaid } from './roles.ts'
import type { Sessions } from './sessions.ts'

interface ResolveUserParts {
  readonly sessions: Sessions
  readonly people: People
  readonly upstream: Upstream
  readonly apps: ReadonlyMap<string, UpstreamApp>
}

interface Terms {
  readonly cap?: Cap
  /** Time of the assertion, if not now: milliseconds since 1970, rounded down. */
  readonly saidMs?: number
}

/** Longest wait of a sign-in for the person's smoochId. */
const lookupMs = 2_000

export const createResolveUser = ({ sessions, people, upstream, apps }: ResolveUserParts) => {
  const resolveUser = async (assertion: Assertion, method: string, { cap, saidMs }: Terms = {}) => {
    const app = appOf(apps, assertion.appId)
    requireWithin(cap, assertion)
    const userId = assertion.userId === undefined ? undefined : provableId(assertion.userId)
    const actor = assertion.actor ?? { id: userId! }
    const person = { app: app.appId, userId, actor }
    const mark = await people.rolesMark(person)
    const roles = rolesSaid([...new Set(assertion.roles)], saidMs, mark)
    if (roles.length === 0) throw new Problem('sign_in_forbidden')
    const { lifetime, maxSeconds } = lifetimeOf(assertion.kind, roles, assertion.ttl)
    if (assertion.ttl !== undefined && assertion.ttl > maxSeconds)
      throw faultIn('body', ['ttl'], `at most ${maxSeconds} seconds for this kind and these roles.`)
    const now = Math.floor((await sessions.now()) / 1000)
    if (assertion.authTime !== undefined && assertion.authTime > now + maxAheadSeconds)
      throw faultIn('body', ['authTime'], 'seconds since 1970, not in the future.')
    if (userId !== undefined) await checkUserId(app, { app: app.appId, userId, actor })
    const { onBehalfOf, kind, scope, limit, audit } = assertion
    return {
      record: {
        ...person,
        onBehalfOf,
        roles,
        kind,
        scope,
        authTime: assertion.authTime ?? now,
        limit,
        audit,
        method,
        rolesVersion: mark?.version,
        cap,
      },
      lifetime,
    }
  }

  /** Remembers the smoochId for calls by it; refuses a userId that is somebody's smoochId. */
  const checkUserId = async (app: UpstreamApp, person: { app: string; userId: string; actor: { id: string } }): Promise<void> => {
    const doubtful = looksLikeSmoochId(person.userId)
    if (!doubtful && (await sessions.renew(person))) return
    const found = await lookup(app, person.userId, doubtful)
    if (!found) return
    // The vendor may answer with another user: that `_id` is not remembered.
    const own = found.userId === person.userId
    if (doubtful && !own) throw faultIn('body', ['userId'], "this is another user's _id.")
    if (own) await sessions.rememberSmoochId(person, found._id)
  }

  const lookup = async (app: UpstreamApp, userId: string, needed: boolean): Promise<Identified['appUser'] | undefined> => {
    const patience = needed ? undefined : { until: performance.now() + lookupMs }
    try {
      return ((await upstream.call(app, { operation: operations.get_app_user, params: { userId }, patience })).body as Identified).appUser
    } catch (error) {
      if (!needed || isUserNotFound(error)) return undefined
      throw new Problem('subjects_unresolved', { cause: error, headers: { 'Retry-After': '5' } })
    }
  }

  return resolveUser
}

export type ResolveUser = ReturnType<typeof createResolveUser>

export const appOf = (apps: ReadonlyMap<string, UpstreamApp>, id: string | undefined): UpstreamApp => {
  const app = id === undefined && apps.size === 1 ? [...apps.values()][0] : apps.get(id ?? '')
  if (!app)
    throw faultIn('body', ['appId'], id === undefined ? 'is required, since several apps are served.' : 'this app is not served here.')
  return app
}
