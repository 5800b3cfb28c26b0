/** The one straight path of a request: admission has passed; then CSRF, session and limit, params and body, subjects, policy, upstream, projection, response. */
import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { type AuditRules, askedOf, readIdempotencyKey, readReason } from './audit.ts'
import { isCellOf } from './cache/cells.ts'
import type { Users } from './cache/users.ts'
import { createGuarded } from './guarded.ts'
import { note } from './http/access-record.ts'
import { checkBody, discardBody, readJson } from './http/json-body.ts'
import { limitHeaders } from './http/limit-headers.ts'
import { errorBody } from './http/problem-handler.ts'
import { checkQuery } from './http/query.ts'
import { looksLikeSmoochId } from './ids.ts'
import type { Asked, Person } from './journal/compose.ts'
import type { Guard } from './journal/guard.ts'
import { type Caller, isGuarded, isOpen, limitClass, type OpenOperation, type Operation, pathParams } from './operation.ts'
import { operations } from './operations.ts'
import { decide, isStaff, requireFields, requireImageRole } from './policy.ts'
import { Problem } from './problems.ts'
import { project } from './projection.ts'
import { type AnswerOf, bodies } from './schemas.ts'
import type { Ring } from './session/keys.ts'
import type { Session, Sessions } from './session/sessions.ts'
import { checkParams, type Subject, subjectsOf } from './subjects.ts'
import type { Upstream, UpstreamAnswer, UpstreamApp, UpstreamCall } from './upstream/client.ts'
import { readImageForm } from './upstream/image.ts'

export interface PipelineParts {
  readonly sessions: Sessions
  /** One that keeps the cache free of what a call may have changed. */
  readonly upstream: Upstream
  readonly users: Users
  /** By app id. */
  readonly apps: ReadonlyMap<string, UpstreamApp>
  readonly peppers: Ring
  readonly selfProperties: readonly string[]
  readonly autoCreate: boolean
  /** Something that operators must hear of although the caller was served. */
  readonly alarm: (what: string, cause: unknown) => void
  readonly guard: Guard
  readonly auditRules: AuditRules
}

/** The handler of one row. */
export const createPipeline = (parts: PipelineParts) => {
  const { sessions, upstream, users } = parts
  const guarded = createGuarded(parts)

  return (operation: Operation): RequestHandler =>
    async function pipeline(req, res) {
      note(res, { operation: operation.id })
      const peek = operation.cache === 'store' ? (tag: string) => namesOwnUser(req, tag) : undefined
      const session = await sessions.require(req, limitClass(operation), 'api', (limit) => limitHeaders(res, limit), peek)
      note(res, { actor: session.place.tag, session: session.sid, kind: session.kind, roles: session.roles })
      const app = appOf(session, req.params['appId'])
      const params = checkParams(operation, req.params, session)
      const query = checkQuery(rawQuery(req), operation.query ?? [])
      const body = await readBody(operation, req)
      const subjects = subjectsOf(operation, params, body, (id) => sessions.isSelf(session, id))
      const about = { session, operation, requestId: String(res.locals['requestId']) }
      const caller = permitted(operation, subjects, session, body, (targets) => askedOf(req, { ...about, targets }))
      const reason = readReason(req, session, caller, operation, parts.auditRules)
      const asked = (targets: readonly Person[]) => askedOf(req, { ...about, targets, caller, reason })
      res.locals['showVendorWords'] = isStaff(caller) || session.kind === 'service'

      const respond = (answer: UpstreamAnswer | Problem): Reply =>
        answer instanceof Problem
          ? { status: answer.status, body: errorBody(answer, about.requestId, res.locals['showVendorWords'] === true) }
          : { status: operation.status ?? 200, body: operation.returns === 'Empty' ? {} : project(operation, caller, answer.body) }

      if (isGuarded(operation)) {
        const idempotencyKey = readIdempotencyKey(req)
        const call = { operation, params, query, body }
        const { answer, replay, headers } = await guarded({
          app,
          call,
          subjects,
          asked,
          idempotencyKey,
          createSelf: () => createSelf(app, session),
          respond,
        })
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
        if (answer) await finish(answer)
        send(res, answer ? respond(answer) : replay!)
      } else if (isOpen(operation)) {
        const call: UpstreamCall = { operation, params, query, body }
        const answer = await recorded(
          operation,
          () => asked(targetsOf(subjects)),
          () =>
            operation.takes === 'ImageUpload'
              ? sendImage(app, call, session, caller, subjects[0], req)
              : operation.cache === 'store'
                ? readStored(app, call, session, subjects, res)
                : sendForSelf(app, call, session, subjects),
        )
        await finish(answer)
        send(res, respond(answer))
      }

      async function finish(answer: UpstreamAnswer): Promise<void> {
        if (answer.calls > 0) note(res, { upstream: { status: answer.status, calls: answer.calls, ms: Math.round(answer.durationMs) } })
        if (answer.calls > 0 || session.smooch === undefined) await learnOwnId(session, subjects, operation, answer.body)
      }
    }

  /** Policy's word; a no to anything that the journal knows is an event. */
  function permitted(
    operation: Operation,
    subjects: readonly Subject[],
    session: Session,
    body: unknown,
    asked: (targets: readonly Person[]) => Asked,
  ): Caller {
    try {
      const caller = decide(session, operation, subjects, Date.now())
      requireFields(caller, operation, body, parts)
      return caller
    } catch (error) {
      if (operation.journal !== 'none') parts.guard.denied(asked(targetsOf(subjects)))
      throw error
    }
  }

  /** One event after the fact for what changes or reveals without destroying; it never stops the call. */
  async function recorded(operation: OpenOperation, asked: () => Asked, run: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    if (operation.journal === 'none') return await run()
    try {
      const answer = await run()
      parts.guard.recorded(asked(), {
        outcome: 'success',
        upstream: { status: answer.status, durationMs: Math.round(answer.durationMs), sent: true },
      })
      return answer
    } catch (error) {
      const { outcome = 'not_sent', upstreamStatus } =
        error instanceof Problem ? error.particulars : { outcome: 'unknown' as const, upstreamStatus: undefined }
      if (outcome !== 'not_sent') parts.guard.recorded(asked(), { outcome, upstream: { status: upstreamStatus ?? null, sent: true } })
      throw error
    }
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
    return typeof app === 'string' && isCellOf(parts.peppers, tag, app, id)
  }

  /** From the cache, or from the vendor with everybody who asks the same. */
  async function readStored(app: UpstreamApp, call: UpstreamCall, session: Session, subjects: readonly Subject[], res: Response) {
    const [{ id, self }] = subjects as [Subject]
    const ask = { app: app.appId, id, own: self ? session.place.tag : undefined }
    let peeked = self ? session.copy : undefined
    const send = async (): Promise<UpstreamAnswer> => {
      const read = await users.read({ ...ask, peeked }, () => upstream.call(app, call))
      note(res, { cache: read.outcome })
      res.setHeader('Cache-Status', read.status)
      return read.fetched ? { ...read.fetched, body: read.body } : { status: 200, body: read.body, calls: 0, durationMs: 0 }
    }
    const afresh = () => {
      peeked = undefined
      return send()
    }
    return await orCreateSelf(call.operation, send, afresh, app, session, subjects)
  }

  async function sendForSelf(
    app: UpstreamApp,
    call: UpstreamCall,
    session: Session,
    subjects: readonly Subject[],
  ): Promise<UpstreamAnswer> {
    const send = () => upstream.call(app, call)
    return await orCreateSelf(call.operation, send, send, app, session, subjects)
  }

  /** Sends once; the caller's own app user is created at the first call that finds none. */
  async function orCreateSelf(
    operation: Operation,
    send: () => Promise<UpstreamAnswer>,
    again: () => Promise<UpstreamAnswer>,
    app: UpstreamApp,
    session: Session,
    subjects: readonly Subject[],
  ): Promise<UpstreamAnswer> {
    try {
      return await send()
    } catch (error) {
      if (!saysNoUser(error, operation) || !subjects.every(({ self }) => self)) throw error
      await createSelf(app, session)
      return await again()
    }
  }

  /** Throws `no_app_user`, `app_user_not_created`, or `unauthorized` when the person was deleted or merged away since the session began. */
  async function createSelf(app: UpstreamApp, session: Session): Promise<void> {
    if (session.kind === 'service' || !session.roles.includes('user'))
      throw new Problem('no_app_user', { detail: 'This session has no app user yet.' })
    if (!parts.autoCreate) throw new Problem('app_user_not_created')
    if (!(await sessions.mayCreate(session))) throw new Problem('unauthorized')
    try {
      await upstream.call(app, { operation: operations.pre_create_app_user, body: { userId: session.userId } })
    } catch (error) {
      // Somebody else was faster, which is as good.
      if (!(error instanceof Problem) || error.code !== 'conflict') throw error
    }
  }

  /** A stream cannot be sent again, so the user is made sure of before it starts. */
  async function sendImage(app: UpstreamApp, call: UpstreamCall, session: Session, caller: Caller, subject: Subject, req: IncomingMessage) {
    // Let go of whatever happens before it is sent, rather than when its deadline comes.
    using image = await readImageForm(req, { checkFields: ({ role }) => requireImageRole(session, caller, subject, role) })
    if (subject.self && session.smooch === undefined)
      await sendForSelf(app, { operation: operations.get_app_user, params: { userId: subject.id } }, session, [subject])
    return await upstream.call(app, { ...call, image })
  }

  async function learnOwnId(session: Session, subjects: readonly Subject[], operation: Operation, body: unknown): Promise<void> {
    if (operation.returns !== 'AppUserResponse' || !subjects[0]?.self) return
    try {
      await sessions.learn(session, (body as AnswerOf<'AppUserResponse'>).appUser._id, session.smooch)
    } catch (cause) {
      parts.alarm("a person's own smoochId could not be remembered", cause)
    }
  }
}

/** Where a channel or an integration is named too, a bare 404 may mean that one. */
const saysNoUser = (error: unknown, operation: Operation): boolean =>
  error instanceof Problem &&
  error.code === 'user_not_found' &&
  (error.particulars.vendorCode === 'user_not_found' || !(operation.query || pathParams(operation).includes('channel')))

const rawQuery = (req: Request): string => {
  const mark = req.originalUrl.indexOf('?')
  return mark < 0 ? '' : req.originalUrl.slice(mark + 1)
}

/** Checked and rebuilt: the caller's bytes never go upstream. An image is read later, while it is sent. */
const readBody = async (operation: Operation, req: Request): Promise<unknown> => {
  if (operation.takes === 'ImageUpload') return undefined
  if (operation.takes) return checkBody(bodies[operation.takes], await readJson(req))
  await discardBody(req)
  return undefined
}

interface Reply {
  readonly status: number
  readonly body?: unknown
}

const send = (res: Response, { status, body }: Reply): void => {
  // As one text it leaves in one write together with the head.
  const text = JSON.stringify(body ?? {})
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) })
  res.end(text)
}

/** As far as they are known before anything is read: by the names that the caller used. */
const targetsOf = (subjects: readonly Subject[]): Person[] =>
  subjects.map(({ role, id }) => (looksLikeSmoochId(id) ? { role, smoochId: id } : { role, userId: id }))
