/** A write carried out once per Idempotency-Key, remembered in the session store. Guarded
 * operations have the journal for this. */
import { Problem } from '../contract/problems.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { lifetimes } from '../journal/event/lifetimes.ts'
import type { UntilDone } from '../platform/until-done.ts'
import { bearerOf, personKeysOf, type Session } from '../session/record.ts'
import { openFor, sealFor } from '../session/seal.ts'
import { type Claim, claimAll } from '../session/store/joint-claim.ts'
import type { SessionStore } from '../session/store/session-store.ts'
import type { Reply } from './reply.ts'

interface IdempotencyRecord {
  readonly digest: string
  readonly state: 'running' | 'done' | 'unknown'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reply?: Reply
}

/** The key under one pepper. */
interface KeyClaim extends Claim {
  readonly digest: string
  readonly seal: (state: Omit<IdempotencyRecord, 'digest' | 'at'>) => string
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
    // Under each live pepper: replicas with others, or in another order, have one in common.
    const claims = peppers().map((pepper, at): KeyClaim => {
      const tag = people[at]!
      const name = keyedName(pepper, purpose, session.app, bearerOf(session), key)
      const digest = keyedName(pepper, 'request', text)
      const seal = (state: Omit<IdempotencyRecord, 'digest' | 'at'>): string =>
        sealFor(() => [pepper], purpose, `${tag}:${name}`, { ...state, digest, at: Date.now() })
      return { tag, name, digest, seal, value: seal({ state: 'running' }) }
    })
    /** In the end: what stays of a call that is over would call it unknown for a day. */
    const atEach = (write: (claim: KeyClaim) => Promise<void>): Promise<void> =>
      untilDone.start(
        () => Promise.all(claims.map(write)),
        () => {},
      )
    const keep = (state: Omit<IdempotencyRecord, 'digest' | 'at'>) =>
      atEach(({ tag, name, seal }) => store.put(tag, name, seal(state), lifetimes.repeat))
    const release = () => atEach(({ tag, name, value }) => store.unclaim(tag, name, value))

    const found = ({ tag, name, digest }: KeyClaim, text: string) => ({
      digest,
      record: openFor(peppers, purpose, `${tag}:${name}`, text) as IdempotencyRecord | undefined,
    })
    /** Under another pepper: the first one met may be the claim of a call about to find this. */
    const settled = async () => {
      for (const claim of claims) {
        const text = await store.get(claim.tag, claim.name)
        const other = text === undefined ? undefined : found(claim, text)
        if (other?.record && other.record.state !== 'running') return other
      }
      return undefined
    }

    const taken = await claimAll(store, claims, lifetimes.repeat, release)
    if (taken) {
      const first = found(taken.claim, taken.before)
      const { record, digest } = first.record?.state === 'running' ? ((await settled()) ?? first) : first
      const problem = problemOf(record, digest)
      if (problem) throw problem
      return { reply: record!.reply!, replayed: true }
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
