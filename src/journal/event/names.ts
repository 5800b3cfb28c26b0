/** A person has two kinds of name in the log: pseudonyms, by userId or by the id that was asked for, and the vendor's `_id`s. An event that says both connects them. */
import { looksLikeSmoochId } from '../../contract/ids.ts'
import type { Source } from '../store/contract.ts'
import { nameBehind } from './pseudonyms.ts'
import type { Sealer } from './seal.ts'

/** Far more than anybody has; a bound all the same. */
const maxNames = 50

const targetsOf = {
  sqlite: "json_each(e.body, '$.targets') AS p",
  postgres: "jsonb_array_elements(e.body::jsonb -> 'targets') AS p (value)",
} as const

const pseudonymsBy = async (store: Source, column: 'lookup' | 'pseudonym', value: string): Promise<string[]> => {
  const sql =
    column === 'lookup'
      ? 'SELECT pseudonym FROM subject WHERE lookup = $1'
      : 'SELECT pseudonym FROM subject WHERE lookup = (SELECT lookup FROM subject WHERE pseudonym = $1)'
  return (await store.select(sql, [value])).map((row) => String(row['pseudonym']))
}

/** Names that stand for the same target as this one in some event. */
const coOccurringNames = async (store: Source, name: string): Promise<string[]> => {
  const field = (key: string): string => `p.value ->> '${store.kind === 'sqlite' ? '$.' : ''}${key}'`
  const rows = await store.select(
    `SELECT DISTINCT ${field('subject')} AS subject, ${field('smoochId')} AS id FROM target t JOIN event e ON e.seq = t.seq, ${targetsOf[store.kind]} WHERE t.token = $1`,
    [name],
  )
  return rows
    .map((row) => [row['subject'], row['id']])
    .filter((both) => both.includes(name))
    .flat()
    .filter((other): other is string => typeof other === 'string')
}

/** A pseudonym stands for a name as it was asked for, which may have been an `_id`. */
const idBehind = async (store: Source, sealer: Sealer, pseudonym: string): Promise<string[]> => {
  const name = await nameBehind({ store, sealer }, pseudonym)
  return name !== undefined && looksLikeSmoochId(name) ? [name] : []
}

/** All names of the person whom this userId (of the tenant), `_id` or pseudonym names, itself among them. */
export async function namesOf(store: Source, sealer: Sealer, tenant: string | undefined, person: string): Promise<string[]> {
  const names = new Set([person])
  const othersOf = async (name: string): Promise<string[]> => {
    if (name.startsWith('sub_')) return [...(await pseudonymsBy(store, 'pseudonym', name)), ...(await idBehind(store, sealer, name))]
    return tenant === undefined ? [] : await pseudonymsBy(store, 'lookup', sealer.lookup(tenant, name))
  }
  // A set goes on through what is added on the way.
  for (const name of names) {
    if (names.size > maxNames) break
    for (const other of [...(await othersOf(name)), ...(await coOccurringNames(store, name))]) names.add(other)
  }
  return [...names]
}
