/** The people whom a batch of events names, by pseudonym: asked of the store at once, and never kept, since an erasure by another process holds from then on. */

import type { Rows, Store } from '../store/contract.ts'
import type { CallFacts } from './compose.ts'
import { decode } from './event.ts'
import type { Sealer, Subject } from './seal.ts'

/** One and the same in all events of a batch. */
export interface PseudonymousPerson {
  readonly userId: string
  readonly pseudonym: string
  /** Of one whom the store did not know: to be stored with the first event that gets so far. */
  subject?: Subject | undefined
}

interface PseudonymSource {
  readonly sealer: Sealer
  readonly store: Pick<Store, 'select'>
}

/** For each event those whom it names, none twice. */
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
  const known = new Map((await rowsOf(store, [...wanted.keys()])).map((row) => [row['lookup'], String(row['pseudonym'])]))
  const named = new Map<string, PseudonymousPerson>()
  for (const [lookup, { tenant, userId }] of wanted) {
    const pseudonym = known.get(lookup)
    const subject = pseudonym === undefined ? sealer.subject(tenant, userId) : undefined
    named.set(lookup, { userId, pseudonym: pseudonym ?? subject!.pseudonym, subject })
  }
  return lookups.map((those) => those.map((lookup) => named.get(lookup)!))
}

/** Asked for in powers of two, the first filling up: few lengths are few statements to prepare. */
const rowsOf = async (store: PseudonymSource['store'], lookups: readonly string[]): Promise<Rows> => {
  if (lookups.length === 0) return []
  const asked = Array.from({ length: 2 ** Math.ceil(Math.log2(lookups.length)) }, (_, at) => lookups[at] ?? lookups[0]!)
  return store.select(`SELECT lookup, pseudonym FROM subject WHERE lookup IN (${asked.map((_, at) => `$${at + 1}`).join(',')})`, asked)
}

/** Whom a pseudonym means; undefined once erased. */
export const nameBehind = async ({ sealer, store }: PseudonymSource, pseudonym: string): Promise<string | undefined> => {
  const [row] = await store.select('SELECT sealed FROM subject WHERE pseudonym = $1', [pseudonym])
  return row && sealer.open(row['sealed'] as Uint8Array, pseudonym)?.toString()
}

/** What a stored name is to be found by. */
export const lookupOf = (sealer: Sealer, tenant: string, pseudonym: string, sealed: Uint8Array): string | undefined => {
  const userId = sealer.open(sealed, pseudonym)
  return userId && sealer.lookup(tenant, userId.toString())
}

const firstName = `SELECT s.pseudonym, s.lookup, s.sealed, e.body FROM target t JOIN subject s ON s.pseudonym = t.token JOIN event e ON e.seq = t.seq ORDER BY t.seq LIMIT 1`

/** Under other sealing keys everybody would be somebody new, and nobody of before be found: before anything is written, the first name must be the one that it was. */
export async function checkSealing({ sealer, store }: PseudonymSource): Promise<void> {
  const [row] = await store.select(firstName)
  if (!row) return
  const sealed = row['sealed'] as Uint8Array
  if (!sealer.knows(sealed))
    throw new Error(
      'the journal was sealed with a key that is not configured: JOURNAL_SEALING_KEY must hold every former key too (SQLite keeps its own beside the file)',
    )
  const { tenant } = decode(String(row['body']))
  if (String(row['lookup']) !== lookupOf(sealer, tenant!, String(row['pseudonym']), sealed))
    throw new Error(
      'the first person of the journal is not found any more: JOURNAL_SEALING_KEY must end with the key that the journal began with',
    )
}
