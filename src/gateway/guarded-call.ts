/** The way of a guarded call: gate, before-image, durable intent, permit, one send, outcome, and the sessions of a person who is no more. */

import type { UpstreamApp } from '../../config/apps.ts'
import type { GuardedOperation, Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Problem } from '../contract/problems.ts'
import type { Person as Target } from '../journal/event/compose.ts'
import type { Guard, GuardedCall } from '../journal/guard/guard.ts'
import type { Subject } from '../policy/subjects.ts'
import type { Person } from '../session/record.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from '../upstream/client.ts'
import { isSpent } from '../upstream/permit.ts'
import { buildUrl } from '../upstream/url.ts'
import { createLookup, type Found, imageOf, unresolved } from './before-image.ts'

export interface GuardedParts {
  readonly sessions: Sessions
  readonly upstream: Upstream
  readonly guard: Guard
  readonly alarm: (what: string, cause: unknown) => void
}

export interface GuardedInput {
  readonly app: UpstreamApp
  readonly call: UpstreamCall<GuardedOperation>
  readonly subjects: readonly [Subject, ...Subject[]]
  /** Who asks and why, once the persons are known. */
  readonly facts: (targets: readonly Target[]) => Omit<GuardedCall, 'request' | 'before' | 'idempotencyKey'>
  readonly idempotencyKey: string | undefined
  /** Asked just before it is sent: throws when the caller's session has ended meanwhile, or the right was taken away. */
  readonly checkAgain: () => Promise<void>
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

export const createGuarded = (parts: GuardedParts) => {
  const { sessions, upstream, guard, alarm } = parts
  const { look, userIdsOf } = createLookup(parts)

  const send = async (ask: GuardedInput): Promise<GuardedResult> => {
    const { app, call, idempotencyKey } = ask
    const key = idempotencyKey !== undefined && { idempotencyKey }
    const repeatable = {
      method: call.operation.method,
      path: '',
      facts: JSON.stringify([call.operation.path, call.params]),
      body: JSON.stringify(call.body ?? null),
    }
    if (!guard.status().open) throw new Problem('journal_unavailable', { outcome: 'not_sent', headers: { 'Retry-After': '5' } })
    const recall = () => guard.recall({ ...ask.facts([]), request: repeatable, ...key })
    const before = await recall()
    if (before) return replayed(before)

    const found = await readBefore(ask).catch(async (error: unknown) => {
      // The first call with this key may have removed the person meanwhile.
      const first = await recall()
      if (first) return first
      throw error
    })
    if ('replay' in found) return replayed(found)
    await mustBeOwn(ask, found)
    if (found.some(({ another }) => another)) {
      // The first call with this key may have merged the person away meanwhile.
      const first = await recall()
      if (first) return replayed(first)
      throw ofAnother(ask, found)
    }
    const named = bySmoochId(call, found)
    const removed = (await userIdsOf(app, found, call.operation.removes)).map((userId) => ({
      app: app.appId,
      userId,
      actor: { id: userId },
    }))
    const begun = await guard.begin({
      ...ask.facts(found.flatMap(({ targets }) => targets)),
      ...recordedPath(app, named, found, repeatable),
      before: imageOf(found),
      ...key,
    })
    if (begun.replay) return replayed(begun)
    const headers: Record<string, string> = { 'Audit-Operation': begun.id, 'Audit-Receipt': String(begun.index) }
    try {
      // Marked before it is sent, so that nothing creates the person anew in between.
      await Promise.all(removed.map(sessions.markGone))
      await ask.checkAgain()
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
      const sent = isSpent(begun.permit)
      const problem = error instanceof Problem ? error : new Problem('internal', { cause: error })
      const outcome = sent ? (problem.particulars.outcome ?? 'unknown') : 'not_sent'
      const { pending } = await begun.end({
        outcome,
        upstream: { status: problem.particulars.upstreamStatus ?? null, code: problem.code, sent: outcome !== 'not_sent' },
        response: ask.respond(problem),
      })
      if (pending) headers['Audit-Outcome'] = 'pending'
      // Found by the look and then missed: somebody else removed the person meanwhile.
      const gone = call.operation.removes === 'subject' && problem.code === 'user_not_found' && found.every(({ image }) => image)
      if (outcome === 'unknown' || gone) await end(removed)
      else await unmark(removed)
      problem.particulars.headers = { ...problem.particulars.headers, ...headers }
      throw problem
    }
  }

  /** The vendor has answered, so a store that fails now must not turn the answer into an error. */
  const end = async (persons: readonly Person[]): Promise<void> => {
    await Promise.all(persons.map(sessions.endPerson)).catch((cause: unknown) =>
      alarm('the sessions of a removed person could not be ended', cause),
    )
  }
  const unmark = async (persons: readonly Person[]): Promise<void> => {
    await Promise.all(persons.map(sessions.clearDeleted)).catch((cause: unknown) => alarm('a person could not be unmarked', cause))
  }

  const readBefore = async ({ app, call, subjects, own }: GuardedInput): Promise<Found[]> => {
    const all = () => Promise.all(subjects.map((subject) => look(app, call.operation, subject)))
    try {
      return await all()
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'user_not_found' || !subjects.every(({ self }) => self)) throw error
      await own.create()
      return await all()
    }
  }

  /** Who has never been answered under the own name may have a name that leads to somebody else. */
  const mustBeOwn = async ({ own, subjects }: GuardedInput, found: readonly Found[]): Promise<void> => {
    for (const { image } of found) if (image) await own.accept(operations.get_app_user, { appUser: image })
    if (!own.known && subjects.every(({ self }) => self) && found.some(({ image }) => !image)) throw unresolved()
  }

  /** Whoever is answered was perhaps not meant, and what is destroyed does not come back. */
  const ofAnother = ({ facts }: GuardedInput, found: readonly Found[]): Problem => {
    const refusal = new Problem('another_user', { outcome: 'not_sent' })
    const targets = found.flatMap((it) => it.targets)
    guard.recorded(facts(targets), { outcome: 'not_sent', upstream: { status: null, code: refusal.code, sent: false } })
    return refusal
  }

  return send
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

const replayed = ({ id, replay }: { id: string; replay: NonNullable<GuardedResult['replay']> }): GuardedResult => ({
  replay,
  headers: { 'Audit-Operation': id, 'Idempotency-Replayed': 'true' },
})
