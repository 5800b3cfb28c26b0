/** The one straight path of a request: admission has passed; then CSRF, session and limit, params and body, subjects, policy, upstream, projection, response. */

import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import type { UpstreamApp } from '../../config/apps.ts'
import type { AppUsers } from '../cache/app-users.ts'
import { isCacheKeyOf } from '../cache/keys.ts'
import type { Prefetch } from '../cache/lookup.ts'
import { type Caller, isGuarded, isOpen, limitClass, type Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Problem } from '../contract/problems.ts'
import { bodies } from '../contract/schemas.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { addLogFields } from '../http/access-log.ts'
import { bringsBody, checkBody, discardBody, readJson } from '../http/body.ts'
import { errorBody } from '../http/problem-handler.ts'
import { checkQuery, rawQueryOf } from '../http/query.ts'
import { limitCalls } from '../http/rate-limit.ts'
import { addHeader } from '../http/response-headers.ts'
import { createRecords } from '../journal/append/records.ts'
import type { CallFacts, Person } from '../journal/event/compose.ts'
import type { Guard } from '../journal/guard/guard.ts'
import { withConfirmation } from '../policy/confirmation.ts'
import { decide, isImmediate, isStaff, requireFields, requireImageRole, requireRecentSignIn, requireStill } from '../policy/decide.ts'
import { project } from '../policy/projection.ts'
import { checkParams, type Subject, subjectsOf } from '../policy/subjects.ts'
import type { Session, Sessions } from '../session/sessions.ts'
import { readImageForm } from '../uploads/image.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from '../upstream/client.ts'
import { type AuditRules, callFactsOf, readIdempotencyKey, readReason } from './call-facts.ts'
import { createGuarded } from './guarded-call.ts'
import type { Idempotency, Reply } from './idempotency.ts'
import { createProvisioning, type ProvisioningCall, type ProvisioningParts } from './provisioning.ts'
import { namedIn, targetsIn, targetsOf } from './targets.ts'

export interface PipelineParts extends Omit<ProvisioningParts, 'recorded'> {
  readonly sessions: Sessions
  /** One that keeps the cache free of what a call may have changed. */
  readonly upstream: Upstream
  readonly appUsers: AppUsers
  /** By app id. */
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly peppers: KeyRing
  readonly selfProperties: readonly string[]
  /** Asks a person to confirm a link that an end user began. */
  readonly selfLinkMessage: string | undefined
  /** Something that operators must hear of although the caller was served. */
  readonly alarm: (what: string, cause: unknown) => void
  readonly guard: Guard
  readonly idempotency: Idempotency
  readonly auditRules: AuditRules
}

/** What the vendor said, or said before. */
interface Answer extends UpstreamAnswer {
  /** From the cache, and JSON already: what the person may see of the own user. */
  readonly selfView?: string
}

/** The handler of one row. */
export const createPipeline = (parts: PipelineParts) => {
  const { sessions, upstream, appUsers } = parts
  const guarded = createGuarded(parts)
  const { orDenied, recorded } = createRecords(parts.guard)
  const { accept, create, meet, orCreate } = createProvisioning({ ...parts, recorded })

  return (operation: Operation): RequestHandler =>
    async function pipeline(req, res) {
      addLogFields(res, { operation: operation.id })
      // A lease must not wait for a body.
      using prefetch = operation.cache === 'store' && !bringsBody(req) ? appUsers.prefetch((tag) => namesOwnUser(req, tag)) : undefined
      const entered = await sessions.require(req, limitClass(operation), 'api', limitCalls(req, res), prefetch)
      addLogFields(res, { actor: entered.place.tag, session: entered.sid, kind: entered.kind, roles: entered.roles })
      const requestId = String(res.locals['requestId'])
      const app = orDenied(
        () => ofAnotherApp(callFactsOf(req, { session: entered, operation, requestId, targets: namedIn(operation, req.params, entered) })),
        () => appOf(entered, req.params['appId']),
      )
      const named = checkParams(operation, req.params, entered)
      const query = checkQuery(rawQueryOf(req.originalUrl), operation.query ?? [])
      const body = await readBody(operation, req)
      const session = await sessions.reloadAfterBody(entered, req)
      const subjects = subjectsOf(operation, named, body, (id) => sessions.isSelf(session, id))
      const params = ownNameIn(named, subjects, session)
      const about = { session, operation, requestId }
      const refused = () => callFactsOf(req, { ...about, targets: targetsOf(session, subjects) })
      const caller = permitted(operation, subjects, session, body, refused)
      const reason = readReason(req, session, caller, operation, parts.auditRules)
      const callFacts = (targets: readonly Person[]) => callFactsOf(req, { ...about, targets, caller, reason })
      const creation = (targets: readonly Person[]) =>
        callFactsOf(req, { ...about, operation: operations.pre_create_app_user, targets, caller: 'self' })
      const asking = { app, session, subjects, operation, creation }
      res.locals['showVendorWords'] = isStaff(caller) || session.kind === 'service'

      const respond = (answer: Answer | Problem): Reply => {
        if (answer instanceof Problem)
          return { status: answer.status, body: errorBody(answer, about.requestId, res.locals['showVendorWords'] === true) }
        const status = operation.status ?? 200
        if (answer.selfView !== undefined && caller === 'self') return { status, text: answer.selfView }
        return { status, body: operation.returns === 'Empty' ? {} : project(operation, caller, answer.body) }
      }

      if (isGuarded(operation)) {
        const idempotencyKey = readIdempotencyKey(req)
        const call = { operation, params, query, body: withConfirmation(caller, operation, body, parts.selfLinkMessage) }
        const { answer, replay, headers } = await guarded({
          app,
          call,
          subjects,
          facts: callFacts,
          idempotencyKey,
          checkAgain: async () => requireStill(await sessions.reload(session), caller),
          own: {
            known: session.smooch !== undefined,
            accept: (row, body) => accept(session, subjects, row, body),
            create: () => create(asking),
          },
          respond,
        })
        for (const [name, value] of Object.entries(headers)) addHeader(res, name, value)
        if (answer) await finish(answer)
        send(res, answer ? respond(answer) : replay!)
      } else if (isOpen(operation)) {
        const call: UpstreamCall = { operation, params, query, body }
        const idempotencyKey = operation.subject === 'body' ? readIdempotencyKey(req) : undefined
        const run = async (): Promise<Reply> => {
          const answer = await recorded(
            operation,
            (answer) => callFacts(answer ? targetsIn(operation, answer.body, session, subjects) : targetsOf(session, subjects)),
            () =>
              operation.takes === 'ImageUpload'
                ? sendImage(asking, call, req, refused)
                : operation.cache === 'store'
                  ? readStored(asking, call, caller, prefetch, res)
                  : sendOnceMet(asking, call),
          )
          await finish(answer)
          return respond(answer)
        }
        const done =
          idempotencyKey === undefined ? undefined : await parts.idempotency(session, idempotencyKey, [operation.id, body], run, respond)
        if (done?.replayed) addHeader(res, 'Idempotency-Replayed', 'true')
        send(res, done?.reply ?? (await run()))
      }

      async function finish(answer: UpstreamAnswer): Promise<void> {
        if (answer.calls > 0)
          addLogFields(res, { upstream: { status: answer.status, calls: answer.calls, ms: Math.round(answer.durationMs) } })
        await accept(session, subjects, operation, answer.body)
      }
    }

  /** Policy's word; a no to anything that the journal knows is an event. */
  function permitted(
    operation: Operation,
    subjects: readonly Subject[],
    session: Session,
    body: unknown,
    callFacts: () => CallFacts,
  ): Caller {
    const check = (): Caller => {
      const caller = decide(session, operation, subjects, Date.now())
      requireFields(caller, operation, body, parts)
      if (isImmediate(operation, body)) requireRecentSignIn(session, Date.now())
      return caller
    }
    return operation.journal === 'none' ? check() : orDenied(callFacts, check)
  }

  function appOf(session: Session, named: unknown): UpstreamApp {
    const app = parts.apps.get(session.app)
    if (!app || (named !== undefined && named !== session.app))
      throw new Problem('forbidden', { detail: 'This session belongs to another app.' })
    return app
  }

  /** Whether the path names the user of the person with this tag, as far as can be told before the session is found. */
  function namesOwnUser(req: Request, tag: string): boolean {
    const id = req.params['userId']
    if (typeof id !== 'string' || id === 'me') return id === 'me'
    const app = req.params['appId'] ?? (parts.apps.size === 1 ? parts.apps.keys().next().value : undefined)
    return typeof app === 'string' && isCacheKeyOf(parts.peppers, tag, app, id)
  }

  /** From the cache, or from the vendor with everybody who asks the same. */
  async function readStored(asking: ProvisioningCall, call: UpstreamCall, caller: Caller, prefetch: Prefetch | undefined, res: Response) {
    const { app, session, subjects } = asking
    const [{ id, self }] = subjects
    const ask = { app: app.appId, id, ownKey: self ? session.place.tag : undefined, prefetch }
    const send = async (): Promise<Answer> => {
      const read = await appUsers.read(ask, () => upstream.call(app, call))
      addLogFields(res, { cache: read.outcome })
      addHeader(res, 'Cache-Status', read.status)
      const { entry, fetched = { status: 200, calls: 0, durationMs: 0 } } = read
      const enough = caller === 'self' && fetched.calls === 0 && session.smooch !== undefined
      return { ...fetched, body: enough ? undefined : entry.body(), selfView: entry.selfView }
    }
    return await orCreate(asking, send)
  }

  async function sendOnceMet(asking: ProvisioningCall, call: UpstreamCall) {
    await meet(asking)
    return await orCreate(asking, () => upstream.call(asking.app, call))
  }

  /** A stream cannot be sent again, so the user is made sure of before it starts. */
  async function sendImage(asking: ProvisioningCall, call: UpstreamCall, req: IncomingMessage, refused: () => CallFacts) {
    const { app, session, subjects } = asking
    const [subject] = subjects
    // Let go of whatever happens before it is sent, rather than when its deadline comes.
    using image = await readImageForm(req, {
      checkFields: async ({ role }) => {
        const now = await sessions.reloadAfterBody(session, req)
        orDenied(refused, () => requireImageRole(now, decide(now, asking.operation, [subject], Date.now()), subject, role))
      },
    })
    await meet(asking)
    return await upstream.call(app, { ...call, image })
  }
}

/** The caller's own user is asked for by the name that was proved at sign-in, whatever `_id` an answer once gave. */
const ownNameIn = (params: Record<string, string>, [subject]: readonly Subject[], { userId }: Session): Record<string, string> =>
  'userId' in params && subject!.self && userId !== undefined ? { ...params, userId } : params

/** Whom it was asked for is somebody of the other app, so the rule says that. */
const ofAnotherApp = (callFacts: CallFacts): CallFacts => ({
  ...callFacts,
  policy: { decision: 'deny', rule: `another_app/${callFacts.action}` },
})

/** Checked and rebuilt: the caller's bytes never go upstream. An image is read later, while it is sent. */
const readBody = async (operation: Operation, req: Request): Promise<unknown> => {
  if (operation.takes === 'ImageUpload') return undefined
  if (operation.takes) return checkBody(bodies[operation.takes], await readJson(req))
  await discardBody(req)
  return undefined
}

const send = (res: Response, { status, body, text = JSON.stringify(body ?? {}) }: Reply): void => {
  // As one text it leaves in one write together with the head.
  res.writeHead(status, ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(Buffer.byteLength(text))])
  res.end(text)
}
