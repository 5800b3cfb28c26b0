/** The path of a call after admission: session and limit, app, params, query, body, the session
 * again, subjects, policy, reason, idempotency key, confirmation, run, answer. */
import type { Request, RequestHandler } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import { isCacheKeyOf } from '../cache/keys.ts'
import {
  type Caller,
  type GuardedOperation,
  limitClass,
  type Operation,
  takesIdempotencyKey,
  type UnguardedOperation,
} from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { addLogFields } from '../http/access-log.ts'
import { limitCalls } from '../http/rate-limit.ts'
import { bringsBody } from '../http/request/body.ts'
import { checkQuery, rawQueryOf } from '../http/request/query.ts'
import { decide, requireRecentSignIn } from '../policy/decide.ts'
import { checkParams, subjectsOf } from '../policy/subjects.ts'
import { isImmediate, requireFields, withConfirmation } from '../policy/writable-fields.ts'
import type { Session } from '../session/record.ts'
import { type AuditRules, readIdempotencyKey, readReason } from './audit-headers.ts'
import { type Call, ownNameIn, patienceOf, readBody, type UndecidedCall } from './call.ts'
import { anotherAppFacts, callFacts, targetsOf } from './call-facts.ts'
import { createGuardedCall, type GuardedCallParts } from './guarded-call.ts'
import { createProvisioning, type ProvisioningParts } from './provisioning.ts'
import { type Result, send, showsVendorWords } from './reply.ts'
import { createUnguardedCall, type UnguardedCallParts } from './unguarded-call.ts'
import { createUnguardedEvents } from './unguarded-events.ts'

interface PipelineParts extends ProvisioningParts, UnguardedCallParts, GuardedCallParts {
  /** By app id. */
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly peppers: KeyRing
  readonly selfProperties: readonly string[]
  /** The question to a person whose channel an end user links. */
  readonly selfLinkMessage: string | undefined
  readonly auditRules: AuditRules
}

/** The handler of one row. */
export const createPipeline = (parts: PipelineParts) => {
  const { sessions, appUsers, apps } = parts
  const { orDenied } = createUnguardedEvents(parts.guard)
  const provisioning = createProvisioning(parts)
  const unguarded = createUnguardedCall(parts, provisioning)
  const guarded = createGuardedCall(parts, provisioning)
  const run: Readonly<Record<Operation['effect'], (call: Call) => Promise<Result>>> = {
    read: (call) => unguarded(call as Call<UnguardedOperation>),
    reveal: (call) => unguarded(call as Call<UnguardedOperation>),
    write: (call) => unguarded(call as Call<UnguardedOperation>),
    guarded: (call) => guarded(call as Call<GuardedOperation>),
  }

  return (operation: Operation): RequestHandler =>
    async function pipeline(request, res) {
      addLogFields(res, { operation: operation.id })
      const requestId = String(res.locals['requestId'])
      // No prefetch when a body follows: its lease would be held while the body arrives.
      const prefetch =
        operation.cache === 'store' && !bringsBody(request) ? appUsers.prefetch((tag) => namesOwnUser(request, tag)) : undefined
      const entrance = await sessions.require(request, { limit: limitClass(operation), decide: limitCalls(request, res), prefetch })
      const { session: entered } = entrance
      using prefetched = entrance.prefetched
      addLogFields(res, { actor: entered.place.tag, session: entered.sid, kind: entered.kind, roles: entered.roles })
      const app = orDenied(
        () => anotherAppFacts(request, requestId, operation, entered),
        () => appOf(entered, request.params['appId']),
      )
      const names = checkParams(operation, request.params, entered)
      const query = checkQuery(rawQueryOf(request.originalUrl), operation.query ?? [])
      const content = await readBody(operation, request)
      const session = await sessions.reloadAfterBody(entered)
      const subjects = subjectsOf(operation, names, content, (id) => sessions.isSelf(session, id))
      const params = ownNameIn(names, subjects, session)
      const undecided = { operation, request, requestId, prefetched, session, app, params, query, body: content, subjects }
      const caller = decideCaller(undecided)
      const reason = readReason(request, session, caller, operation, parts.auditRules)
      const idempotencyKey = takesIdempotencyKey(operation) ? readIdempotencyKey(request) : undefined
      const body = withConfirmation(caller, operation, content, parts.selfLinkMessage)
      const call: Call = { ...undecided, body, caller, reason, idempotencyKey, patience: patienceOf(operation, request) }
      res.locals['showVendorWords'] = showsVendorWords(call)
      send(res, await run[operation.effect](call))
    }

  /** The decision of policy; a refusal is an event, except for plain reads. */
  function decideCaller(call: UndecidedCall): Caller {
    const { operation, session, subjects, body } = call
    const check = (): Caller => {
      const caller = decide(session, operation, subjects, session.foundMs)
      requireFields(caller, operation, body, parts)
      if (isImmediate(operation, body)) requireRecentSignIn(session, session.foundMs)
      return caller
    }
    return operation.journal === 'none' ? check() : orDenied(() => callFacts(call, targetsOf(session, subjects)), check)
  }

  function appOf(session: Session, named: unknown): UpstreamApp {
    const app = apps.get(session.app)
    if (!app || (named !== undefined && named !== session.app))
      throw new Problem('forbidden', { detail: 'This session belongs to another app than the one in the path.' })
    return app
  }

  /** Whether the path names the user of this person key, as far as the request alone tells. */
  function namesOwnUser(req: Request, tag: string): boolean {
    const id = req.params['userId']
    if (typeof id !== 'string' || id === 'me') return id === 'me'
    const app = req.params['appId'] ?? (apps.size === 1 ? apps.keys().next().value : undefined)
    return typeof app === 'string' && isCacheKeyOf(parts.peppers, tag, app, id)
  }
}
