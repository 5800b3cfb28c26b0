/** The one straight path of a request: admission has passed; then CSRF, session and limit, params and body, subjects, policy, upstream, projection, response. */
import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { isCellOf } from './cache/cells.ts'
import type { Users } from './cache/users.ts'
import { note } from './http/access-record.ts'
import { checkBody, discardBody, readJson } from './http/json-body.ts'
import { limitHeaders } from './http/limit-headers.ts'
import { checkQuery } from './http/query.ts'
import { type Caller, limitClass, type Operation } from './operation.ts'
import { operations } from './operations.ts'
import { decide, isStaff, requireFields, requireImageRole } from './policy.ts'
import { Problem } from './problems.ts'
import { project } from './projection.ts'
import { type AnswerOf, bodies } from './schemas.ts'
import type { Ring } from './session/keys.ts'
import type { Session, Sessions } from './session/sessions.ts'
import { asUserId, checkParams, type Subject, subjectsOf } from './subjects.ts'
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
}

/** The handler of one row. */
export const createPipeline = (parts: PipelineParts) => {
  const { sessions, upstream, users } = parts

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
      const caller = decide(session, operation, subjects, Date.now())
      requireFields(caller, operation, body, parts)
      res.locals['showVendorWords'] = isStaff(caller) || session.kind === 'service'

      const call: UpstreamCall = { operation, params, query, body }
      const answer =
        operation.takes === 'ImageUpload'
          ? await sendImage(app, call, session, caller, subjects[0], req)
          : operation.effect === 'guarded'
            ? await sendGuarded(app, call, session, subjects)
            : operation.cache === 'store'
              ? await readStored(app, call, session, subjects, res)
              : await sendForSelf(app, call, session, subjects)
      if (answer.calls > 0 || session.smooch === undefined) await learnOwnId(session, subjects, operation, answer.body)
      if (answer.calls > 0) note(res, { upstream: { status: answer.status, calls: answer.calls, ms: Math.round(answer.durationMs) } })
      respond(res, operation, project(operation, caller, answer.body))
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
    return await orCreateSelf(send, afresh, app, session, subjects)
  }

  async function sendForSelf(
    app: UpstreamApp,
    call: UpstreamCall,
    session: Session,
    subjects: readonly Subject[],
  ): Promise<UpstreamAnswer> {
    const send = () => upstream.call(app, call)
    return await orCreateSelf(send, send, app, session, subjects)
  }

  /** Sends once; the caller's own app user is created at the first call that finds none. */
  async function orCreateSelf(
    send: () => Promise<UpstreamAnswer>,
    again: () => Promise<UpstreamAnswer>,
    app: UpstreamApp,
    session: Session,
    subjects: readonly Subject[],
  ): Promise<UpstreamAnswer> {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'user_not_found' || !subjects.every(({ self }) => self)) throw error
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
    const image = await readImageForm(req, { checkFields: ({ role }) => requireImageRole(session, caller, subject, role) })
    if (subject.self && session.smooch === undefined)
      await sendForSelf(app, { operation: operations.get_app_user, params: { userId: subject.id } }, session, [subject])
    return await upstream.call(app, { ...call, image })
  }

  /** Looks at the persons afresh, sends once by smoochId, and ends the sessions of a person who is no more or may be no more. */
  async function sendGuarded(app: UpstreamApp, call: UpstreamCall, session: Session, subjects: readonly Subject[]) {
    const { operation } = call
    if (!operation.removes) return await sendForSelf(app, call, session, subjects)
    const found = await Promise.all(subjects.map((subject) => lookUp(app, operation, subject)))
    const named = bySmoochId(call, found)
    const removed = found.find(({ role }) => role === operation.removes)
    const person = removed?.userId === undefined ? undefined : { app: app.appId, userId: removed.userId, actor: { id: removed.userId } }
    if (person) await sessions.markGone(person)
    try {
      const answer = await upstream.call(app, named)
      await endPerson(person)
      return answer
    } catch (error) {
      const outcome = error instanceof Problem ? error.particulars.outcome : 'unknown'
      if (outcome === 'unknown') await endPerson(person)
      else if (person) await sessions.unmarkGone(person)
      throw error
    }
  }

  /** The vendor has answered, so a store that fails now must not turn the answer into an error. */
  async function endPerson(person: Parameters<Sessions['endPerson']>[0] | undefined): Promise<void> {
    try {
      if (person) await sessions.endPerson(person)
    } catch (cause) {
      parts.alarm('the sessions of a removed person could not be ended', cause)
    }
  }

  /** A merge is sent only when both are known for certain; a deletion must not hang on a read. */
  async function lookUp(app: UpstreamApp, operation: Operation, subject: Subject): Promise<Found> {
    try {
      const { body } = await upstream.call(app, { operation: operations.get_app_user, params: { userId: subject.id } })
      const { _id, userId } = (body as AnswerOf<'AppUserResponse'>).appUser
      return { role: subject.role, smoochId: _id, userId }
    } catch (cause) {
      const refused = cause instanceof Problem && cause.particulars.outcome === 'failure' && cause.code === 'user_not_found'
      if (refused) throw cause
      if (operation.subject === 'both')
        throw new Problem('subjects_unresolved', { cause, headers: { 'Retry-After': '5' }, outcome: 'not_sent' })
      return { role: subject.role, smoochId: undefined, userId: asUserId(subject.id) }
    }
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

interface Found {
  readonly role: Subject['role']
  readonly smoochId: string | undefined
  readonly userId: string | undefined
}

/** The same call with the persons named by smoochId where it is known: it cannot come to mean somebody else in between. Throws `same_person`. */
const bySmoochId = (call: UpstreamCall, found: readonly Found[]): UpstreamCall => {
  if (call.operation.subject === 'both') {
    const [surviving, discarded] = found.map(({ smoochId }) => smoochId)
    if (surviving === discarded) throw new Problem('same_person')
    return { ...call, body: { surviving: { _id: surviving }, discarded: { _id: discarded } } }
  }
  const smoochId = found[0]?.smoochId
  return smoochId === undefined ? call : { ...call, params: { ...call.params, userId: smoochId } }
}

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

const respond = (res: Response, operation: Operation, body: unknown): void => {
  // As one text it leaves in one write together with the head.
  const text = JSON.stringify(operation.returns === 'Empty' ? {} : body)
  res.writeHead(operation.status ?? 200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) })
  res.end(text)
}
