/** A write carried out once per Idempotency-Key, remembered in the session store. Guarded
 * operations have the journal for this. */
import { Problem } from '../contract/problems.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { lifetimes } from '../journal/event/lifetimes.ts'
import { bearerOf, personKeysOf, type Session } from '../session/record.ts'
import { openFor, sealFor } from '../session/seal.ts'
import type { SessionStore } from '../session/store/session-store.ts'
import type { Reply } from './reply.ts'

interface IdempotencyRecord {
  readonly digest: string
  readonly state: 'running' | 'done' | 'unknown'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reply?: Reply
}

interface Place {
  readonly tag: string
  readonly name: string
  readonly digest: string
}

/** Longer than the vendor may take: a call that has not ended by then never will. */
const runningMs = 25_000
const purpose = 'idempotency'

const problemOf = (record: IdempotencyRecord | undefined, digest: string): Problem | undefined => {
  if (!record) return new Problem('operation_settled')
  if (record.digest !== digest) return new Problem('idempotency_key_reused')
  if (record.state === 'unknown' || (record.state === 'running' && Date.now() - record.at > runningMs))
    return new Problem('operation_unknown')
  return record.state === 'running' ? new Problem('operation_pending') : undefined
}

/** The reply as text, so that no number is rounded. */
const asText = ({ status, body, text = JSON.stringify(body ?? {}) }: Reply): Reply => ({ status, text })

export const createIdempotency = ({ store, peppers }: { store: SessionStore; peppers: KeyRing }) => {
  /** `request` tells a repeat from another request; `asReply` makes a reply of a refusal by the
   * vendor. */
  return async (
    session: Session,
    key: string,
    request: unknown,
    run: () => Promise<Reply>,
    asReply: (problem: Problem) => Reply,
  ): Promise<{ reply: Reply; replayed: boolean }> => {
    const people = personKeysOf(peppers, session)
    const text = JSON.stringify(request)
    // Under each live pepper, the newest first.
    const [own, ...former] = peppers().map((pepper, at) => ({
      tag: people[at]!,
      name: keyedName(pepper, purpose, session.app, bearerOf(session), key),
      digest: keyedName(pepper, 'request', text),
    })) as [Place, ...Place[]]
    const { tag, name, digest } = own
    const repeated = (place: Place, before: string): { reply: Reply; replayed: true } => {
      const record = openFor(peppers, purpose, `${place.tag}:${place.name}`, before) as IdempotencyRecord | undefined
      const problem = problemOf(record, place.digest)
      if (problem) throw problem
      return { reply: record!.reply!, replayed: true }
    }
    const sealed = (record: Pick<IdempotencyRecord, 'state' | 'reply'>) =>
      sealFor(peppers, purpose, `${tag}:${name}`, { ...record, digest, at: Date.now() })
    const keep = (record: Pick<IdempotencyRecord, 'state' | 'reply'>) =>
      store.put(tag, name, sealed(record), lifetimes.repeat).catch(() => undefined)

    for (const place of former) {
      const before = await store.get(place.tag, place.name)
      if (before !== undefined) return repeated(place, before)
    }
    const before = await store.claim(tag, name, sealed({ state: 'running' }), lifetimes.repeat)
    if (before !== undefined) return repeated(own, before)
    try {
      const reply = await run()
      await keep({ state: 'done', reply: asText(reply) })
      return { reply, replayed: false }
    } catch (error) {
      const outcome = error instanceof Problem ? (error.particulars.outcome ?? 'not_sent') : 'unknown'
      if (outcome === 'failure') await keep({ state: 'done', reply: asText(asReply(error as Problem)) })
      else if (outcome === 'unknown') await keep({ state: 'unknown' })
      else await store.put(tag, name, '', 0).catch(() => undefined)
      throw error
    }
  }
}

export type Idempotency = ReturnType<typeof createIdempotency>
