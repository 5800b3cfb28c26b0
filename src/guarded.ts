/** The way of a guarded call: gate, before-image, durable intent, permit, one send, outcome, and the sessions of a person who is no more. */

import type { Person } from './journal/compose.ts'
import type { Guard, GuardedCall } from './journal/guard.ts'
import type { GuardedOperation, Operation } from './operation.ts'
import { operations } from './operations.ts'
import { Problem } from './problems.ts'
import type { AnswerOf } from './schemas.ts'
import type { Sessions } from './session/sessions.ts'
import { asUserId, type Subject } from './subjects.ts'
import type { Upstream, UpstreamAnswer, UpstreamApp, UpstreamCall } from './upstream/client.ts'
import { buildUrl } from './upstream/url.ts'

export interface GuardedParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly guard: Guard
  readonly alarm: (what: string, cause: unknown) => void
}

export interface GuardedAsk {
  readonly app: UpstreamApp
  readonly call: UpstreamCall<GuardedOperation>
  readonly subjects: readonly [Subject, ...Subject[]]
  /** Who asks and why, once the persons are known. */
  readonly asked: (targets: readonly Person[]) => Omit<GuardedCall, 'request' | 'before' | 'idempotencyKey'>
  readonly idempotencyKey: string | undefined
  /** The caller's own app user. */
  readonly own: {
    /** Once answered under the caller's name. */
    readonly known: boolean
    /** Throws when an answer about the caller speaks of somebody else. */
    readonly accept: (operation: Operation, body: unknown) => Promise<void>
    /** Makes it, when the caller may; throws when not. */
    readonly create: () => Promise<unknown>
  }
  /** The answer as the caller will get it: kept, sealed, for a repeat with the same key. */
  readonly respond: (outcome: UpstreamAnswer | Problem) => { readonly status: number; readonly body?: unknown }
}

export interface GuardedResult {
  readonly answer?: UpstreamAnswer
  /** The first answer to this Idempotency-Key. */
  readonly replay?: { readonly status: number; readonly body?: unknown }
  readonly headers: Readonly<Record<string, string>>
}

/** How long the look at what stands there may take; it shares two seconds with the intent. */
const lookMs = 1_000

export const createGuarded = ({ sessions, upstream, guard, alarm }: GuardedParts) => {
  const send = async (ask: GuardedAsk): Promise<GuardedResult> => {
    const { app, call, idempotencyKey } = ask
    const key = idempotencyKey !== undefined && { idempotencyKey }
    const repeatable = {
      method: call.operation.method,
      path: '',
      asked: JSON.stringify([call.operation.path, call.params]),
      body: JSON.stringify(call.body ?? null),
    }
    if (!guard.status().open) throw new Problem('journal_unavailable', { outcome: 'not_sent', headers: { 'Retry-After': '5' } })
    const recall = () => guard.recall({ ...ask.asked([]), request: repeatable, ...key })
    const before = await recall()
    if (before) return replayed(before)

    const found = await lookAt(ask).catch(async (error: unknown) => {
      // The first call with this key may have removed the person meanwhile.
      const first = await recall()
      if (first) return first
      throw error
    })
    if ('replay' in found) return replayed(found)
    await mustBeOwn(ask, found)
    const named = bySmoochId(call, found)
    const begun = await guard.begin({
      ...ask.asked(
        found.map(({ role, userId, smoochId }) => ({
          role,
          ...(userId !== undefined && { userId }),
          ...(smoochId !== undefined && { smoochId }),
        })),
      ),
      ...recordedPath(app, named, found, repeatable),
      before: imageOf(found),
      ...key,
    })
    if (begun.replay) return replayed(begun)
    const headers: Record<string, string> = { 'Audit-Operation': begun.id, 'Audit-Receipt': String(begun.index) }
    const removed = await prepare(ask, found).catch(async (error: unknown) => {
      await begun.end({ outcome: 'not_sent' })
      throw error
    })
    try {
      const answer = await upstream.callGuarded(app, begun.permit, named)
      const refusal = await ask.own.accept(call.operation, answer.body).catch((problem: Problem) => problem)
      const { pending } = await begun.end({
        outcome: 'success',
        upstream: { status: answer.status, durationMs: Math.round(answer.durationMs), sent: true },
        response: ask.respond(refusal ?? answer),
      })
      if (pending) headers['Audit-Outcome'] = 'pending'
      await end(removed)
      if (refusal) throw refusal
      return { answer, headers }
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('internal', { cause: error, outcome: 'unknown' })
      const outcome = problem.particulars.outcome ?? 'unknown'
      const { pending } = await begun.end({
        outcome,
        upstream: { status: problem.particulars.upstreamStatus ?? null, code: problem.code, sent: outcome !== 'not_sent' },
        response: ask.respond(problem),
      })
      if (pending) headers['Audit-Outcome'] = 'pending'
      if (outcome === 'unknown') await end(removed)
      else if (removed) await sessions.unmarkGone(removed).catch((cause: unknown) => alarm('a person could not be unmarked', cause))
      problem.particulars.headers = { ...problem.particulars.headers, ...headers }
      throw problem
    }
  }

  /** The person whom the call removes, marked before it is sent so that nothing creates the person anew in between. */
  const prepare = async ({ app, call }: GuardedAsk, found: readonly Found[]) => {
    const userId = found.find(({ role }) => role === call.operation.removes)?.userId
    if (userId === undefined) return undefined
    const person = { app: app.appId, userId, actor: { id: userId } }
    await sessions.markGone(person)
    return person
  }

  /** The vendor has answered, so a store that fails now must not turn the answer into an error. */
  const end = async (person: Parameters<Sessions['endPerson']>[0] | undefined): Promise<void> => {
    if (person)
      await sessions.endPerson(person).catch((cause: unknown) => alarm('the sessions of a removed person could not be ended', cause))
  }

  const lookAt = async (ask: GuardedAsk): Promise<Found[]> => {
    try {
      return await Promise.all(ask.subjects.map((subject) => lookUp(ask, subject)))
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'user_not_found' || !ask.subjects.every(({ self }) => self)) throw error
      await ask.own.create()
      return await Promise.all(ask.subjects.map((subject) => lookUp(ask, subject)))
    }
  }

  /** Who has never been answered under the own name may have a name that leads to somebody else. */
  const mustBeOwn = async ({ own, subjects }: GuardedAsk, found: readonly Found[]): Promise<void> => {
    for (const { image } of found) if (image) await own.accept(operations.get_app_user, { appUser: image })
    if (!own.known && subjects.every(({ self }) => self) && found.some(({ image }) => !image)) throw unresolved()
  }

  /** A merge is sent only when both are known for certain; an erasure must not hang on a read. */
  const lookUp = async ({ app, call }: GuardedAsk, { role, id }: Subject): Promise<Found> => {
    try {
      const reading = upstream.call(app, { operation: operations.get_app_user, params: { userId: id }, retry: false })
      const { body } = await withinLook(reading)
      const { appUser } = body as AnswerOf<'AppUserResponse'>
      return { role, smoochId: appUser._id, userId: appUser.userId, image: appUser }
    } catch (cause) {
      if (cause instanceof Problem && cause.particulars.outcome === 'failure' && cause.code === 'user_not_found') throw cause
      if (call.operation.subject === 'both') throw unresolved(cause)
      return { role, smoochId: undefined, userId: asUserId(id), image: undefined }
    }
  }

  return send
}

interface Found {
  readonly role: Subject['role']
  readonly smoochId: string | undefined
  readonly userId: string | undefined
  readonly image: AnswerOf<'AppUserResponse'>['appUser'] | undefined
}

const unresolved = (cause?: unknown): Problem =>
  new Problem('subjects_unresolved', { cause, headers: { 'Retry-After': '5' }, outcome: 'not_sent' })

const withinLook = async <T>(reading: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the look at what stands there took too long')), lookMs)
  reading.catch(() => undefined)
  try {
    return await Promise.race([reading, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The same call with the persons named by smoochId where it is known: it cannot come to mean somebody else in between. Throws `same_person`. */
const bySmoochId = (call: UpstreamCall<GuardedOperation>, found: readonly Found[]): UpstreamCall<GuardedOperation> => {
  if (call.operation.subject === 'both') {
    const [surviving, discarded] = found.map(({ smoochId }) => smoochId)
    if (surviving === discarded) throw new Problem('same_person')
    return { ...call, body: { surviving: { _id: surviving }, discarded: { _id: discarded } } }
  }
  const smoochId = found[0]?.smoochId
  return smoochId === undefined ? call : { ...call, params: { ...call.params, userId: smoochId } }
}

/** No userId stands in the hashed bytes: without the smoochId the path is a template, and the real one is sealed. */
const recordedPath = (
  app: UpstreamApp,
  named: UpstreamCall<GuardedOperation>,
  found: readonly Found[],
  repeatable: GuardedCall['request'],
): Pick<GuardedCall, 'request' | 'personal'> => {
  const { pathname } = buildUrl(app, named.operation, named.params, {})
  const known = found.every(({ smoochId }) => smoochId !== undefined)
  return known
    ? { request: { ...repeatable, path: pathname } }
    : {
        request: { ...repeatable, path: named.operation.path.replace(':channel', named.params?.['channel'] ?? '') },
        personal: { path: pathname },
      }
}

const imageOf = (found: readonly Found[]): NonNullable<GuardedCall['before']> => {
  if (found.some(({ image }) => image === undefined)) return { state: 'unavailable' }
  const [first, ...others] = found
  const image = others.length > 0 ? Object.fromEntries(found.map((it) => [it.role, it.image])) : first!.image
  return { state: 'captured', image, fields: Object.keys(image ?? {}) }
}

const replayed = ({ id, replay }: { id: string; replay: NonNullable<GuardedResult['replay']> }): GuardedResult => ({
  replay,
  headers: { 'Audit-Operation': id, 'Idempotency-Replayed': 'true' },
})
