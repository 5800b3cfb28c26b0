/** Pseudonyms of the people in a batch of events: one query for all, and nothing remembered, since
 * another process may erase a person at any time. */

import { type CallFacts, type ComposedEvent, compose, momentOf, type PseudonymousPerson } from '../event/compose.ts'
import { decode } from '../event/event.ts'
import type { Sealer } from '../event/seal.ts'
import { firstName, pseudonymsByLookup, sealedName } from './queries/people.ts'
import type { Source } from './queries/source.ts'

interface PseudonymSource {
  readonly sealer: Sealer
  readonly store: Pick<Source, 'select'>
}

/** The persons of each event, none twice. */
export async function pseudonymsFor({ sealer, store }: PseudonymSource, batch: readonly CallFacts[]): Promise<PseudonymousPerson[][]> {
  const wanted = new Map<string, { tenant: string; userId: string }>()
  const lookups = batch.map(({ tenant, actor, targets }) => {
    const userIds = [actor.userId, actor.onBehalfOf ?? undefined, ...targets.map(({ userId }) => userId)]
    return userIds.flatMap((userId, at) => {
      if (userId === undefined || userIds.indexOf(userId) < at) return []
      const lookup = sealer.lookup(tenant, userId)
      wanted.set(lookup, { tenant, userId })
      return [lookup]
    })
  })
  const known = await pseudonymsByLookup(store, [...wanted.keys()])
  const named = new Map<string, PseudonymousPerson>()
  for (const [lookup, { tenant, userId }] of wanted) {
    const pseudonym = known.get(lookup)
    const subject = pseudonym === undefined ? sealer.subject(tenant, userId) : undefined
    named.set(lookup, { userId, pseudonym: pseudonym ?? subject!.pseudonym, subject })
  }
  return lookups.map((those) => those.map((lookup) => named.get(lookup)!))
}

/** For events that are written at once. */
export async function composeNow(
  { sealer, store, now }: PseudonymSource & { now(): Date },
  facts: CallFacts,
  moment = momentOf(now()),
): Promise<ComposedEvent> {
  const [named] = await pseudonymsFor({ sealer, store }, [facts])
  return compose(sealer, facts, moment, named!)
}

/** The name behind a pseudonym; undefined once erased. */
export const nameBehind = async ({ sealer, store }: PseudonymSource, pseudonym: string): Promise<string | undefined> => {
  const sealed = await sealedName(store, pseudonym)
  return sealed && sealer.open(sealed, pseudonym)?.toString()
}

/** The look-up key of a stored name. */
export const lookupOf = (sealer: Sealer, tenant: string, pseudonym: string, sealed: Uint8Array): string | undefined => {
  const userId = sealer.open(sealed, pseudonym)
  return userId && sealer.lookup(tenant, userId.toString())
}

/** Throws under other sealing keys, with which nobody is found: the first name must be. */
export async function checkSealing({ sealer, store }: PseudonymSource): Promise<void> {
  const first = await firstName(store)
  if (!first) return
  if (!sealer.knows(first.sealed))
    throw new Error(
      'the journal was sealed with a key that is not configured: JOURNAL_SEALING_KEY must hold every former key too (SQLite keeps its own beside the file)',
    )
  const { tenant } = decode(first.body)
  if (first.lookup !== lookupOf(sealer, tenant!, first.pseudonym, first.sealed))
    throw new Error(
      'the first person of the journal is not found any more: JOURNAL_SEALING_KEY must end with the key that the journal began with',
    )
}
