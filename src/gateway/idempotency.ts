/** A write carried out once per Idempotency-Key, remembered in the session store. Guarded
 * operations have the journal for this. */
import { Problem } from '../contract/problems.ts'
import { type KeyRing, keyedName, type RingKey } from '../crypto/key-ring.ts'
import { lifetimes } from '../journal/event/lifetimes.ts'
import type { UntilDone } from '../platform/until-done.ts'
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
  readonly pepper: RingKey
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

interface Parts {
  readonly store: SessionStore
  readonly peppers: KeyRing
  readonly untilDone: UntilDone
}

export const createIdempotency = ({ store, peppers, untilDone }: Parts) => {
  /** `request` tells a repeat from another request; `asReply` makes a reply of a refusal. */
  return async (
    session: Session,
    key: string,
    request: unknown,
    run: () => Promise<Reply>,
    asReply: (problem: Problem) => Reply,
  ): Promise<{ reply: Reply; replayed: boolean }> => {
    const people = personKeysOf(peppers, session)
    const text = JSON.stringify(request)
    // Under each live pepper, so that replicas whose peppers differ, or their order does, have a place in common; all go
    // through them in one order.
    const places = peppers()
      .map((pepper, at): Place => {
        const name = keyedName(pepper, purpose, session.app, bearerOf(session), key)
        return { pepper, tag: people[at]!, name, digest: keyedName(pepper, 'request', text) }
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const repeated = ({ tag, name, digest }: Place, before: string): { reply: Reply; replayed: true } => {
      const record = openFor(peppers, purpose, `${tag}:${name}`, before) as IdempotencyRecord | undefined
      const problem = problemOf(record, digest)
      if (problem) throw problem
      return { reply: record!.reply!, replayed: true }
    }
    const sealed = ({ pepper, tag, name, digest }: Place, record: Pick<IdempotencyRecord, 'state' | 'reply'>) =>
      sealFor(() => [pepper], purpose, `${tag}:${name}`, { ...record, digest, at: Date.now() })

    const claims: { readonly place: Place; readonly value: string }[] = []
    /** In the end: what stays of a call that is over would call it unknown for a day. */
    const atEach = (write: (claim: (typeof claims)[number]) => Promise<void>): Promise<void> =>
      untilDone.start(
        () => Promise.all(claims.map(write)),
        () => {},
      )
    const keep = (record: Pick<IdempotencyRecord, 'state' | 'reply'>) =>
      atEach(({ place }) => store.put(place.tag, place.name, sealed(place, record), lifetimes.repeat))
    const release = () => atEach(removeOwn)
    const removeOwn = async ({ place: { tag, name }, value }: (typeof claims)[number]): Promise<void> => {
      if ((await store.get(tag, name)) === value) await store.put(tag, name, '', 0)
    }

    for (const place of places) {
      const value = sealed(place, { state: 'running' })
      // Before it is known: the answer of a claim may be lost.
      claims.push({ place, value })
      const before = await store.claim(place.tag, place.name, value, lifetimes.repeat).catch(async (error) => {
        await release()
        throw error
      })
      if (before !== undefined) {
        claims.pop()
        await release()
        return repeated(place, before)
      }
    }
    try {
      const reply = await run()
      await keep({ state: 'done', reply: asText(reply) })
      return { reply, replayed: false }
    } catch (error) {
      const outcome = error instanceof Problem ? (error.particulars.outcome ?? 'not_sent') : 'unknown'
      if (outcome === 'failure') await keep({ state: 'done', reply: asText(asReply(error as Problem)) })
      else if (outcome === 'unknown') await keep({ state: 'unknown' })
      else await release()
      throw error
    }
  }
}

export type Idempotency = ReturnType<typeof createIdempotency>
