/** A write that is carried out once for an Idempotency-Key, however often it is asked for. Guarded operations have the journal for this; here the store remembers. */
import { Problem } from '../contract/problems.ts'
import { keyedName, type Ring } from '../crypto/key-ring.ts'
import { openFor, sealFor } from '../session/record.ts'
import type { Session } from '../session/sessions.ts'
import { reachable } from '../session/store/availability.ts'
import type { SessionStore } from '../session/store/contract.ts'

export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** The body as JSON, when it is at hand. */
  readonly text?: string
}

interface Kept {
  readonly digest: string
  readonly state: 'running' | 'done' | 'unknown'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reply?: Reply
}

const dayMs = 24 * 60 * 60 * 1000
/** Longer than the vendor may take: who has not ended by then has died. */
const runningMs = 25_000
const purpose = 'idempotency'

const problemOf = (kept: Kept | undefined, digest: string): Problem | undefined => {
  if (!kept) return new Problem('operation_settled')
  if (kept.digest !== digest) return new Problem('idempotency_key_reused')
  if (kept.state === 'unknown' || (kept.state === 'running' && Date.now() - kept.at > runningMs)) return new Problem('operation_unknown')
  return kept.state === 'running' ? new Problem('operation_pending') : undefined
}

/** Kept as it was sent, to the last digit. */
const asText = ({ status, body, text = JSON.stringify(body ?? {}) }: Reply): Reply => ({ status, text })

export const createOnce = ({ store, peppers }: { store: SessionStore; peppers: Ring }) => {
  /** `request` tells a repeat from another request; `run` gives the reply or throws; `asReply` is what a refusal by the vendor is kept as. */
  return async (
    session: Session,
    key: string,
    request: unknown,
    run: () => Promise<Reply>,
    asReply: (problem: Problem) => Reply,
  ): Promise<{ reply: Reply; replayed: boolean }> => {
    const { tag } = session.place
    const [{ secret }] = peppers()
    // A program may bear the id of a person; its keys are its own.
    const name = keyedName(secret, purpose, session.app, session.kind === 'service' ? 'program' : 'person', key)
    const digest = keyedName(secret, 'request', JSON.stringify(request))
    const sealed = (kept: Pick<Kept, 'state' | 'reply'>) => sealFor(peppers, purpose, `${tag}:${name}`, { ...kept, digest, at: Date.now() })
    const keep = (kept: Pick<Kept, 'state' | 'reply'>) => store.put(tag, name, sealed(kept), dayMs).catch(() => undefined)

    const before = await reachable(store.claim(tag, name, sealed({ state: 'running' }), dayMs))
    if (before !== undefined) {
      const kept = openFor(peppers, purpose, `${tag}:${name}`, before) as Kept | undefined
      const problem = problemOf(kept, digest)
      if (problem) throw problem
      return { reply: kept!.reply!, replayed: true }
    }
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

export type Once = ReturnType<typeof createOnce>
