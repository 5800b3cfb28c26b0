/** A person has two kinds of name in the log: pseudonyms, by userId, and the vendor's `_id`s. An event that says both connects them. */
import type { Sealer } from './seal.ts'
import type { Store } from './store.ts'

/** Far more than anybody has; a bound all the same. */
const most = 50

const targetsOf = {
  sqlite: "json_each(e.body, '$.targets') AS p",
  postgres: "jsonb_array_elements(e.body::jsonb -> 'targets') AS p (value)",
} as const

const pseudonymsBy = async (store: Store, column: 'lookup' | 'pseudonym', value: string): Promise<string[]> => {
  const sql =
    column === 'lookup'
      ? 'SELECT pseudonym FROM subject WHERE lookup = $1'
      : 'SELECT pseudonym FROM subject WHERE lookup = (SELECT lookup FROM subject WHERE pseudonym = $1)'
  return (await store.select(sql, [value])).map((row) => String(row['pseudonym']))
}

/** Names that stand for the same target as this one in some event. */
const namesBeside = async (store: Store, name: string): Promise<string[]> => {
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

/** All names of the person whom this userId (of the tenant), `_id` or pseudonym names, itself among them. */
export async function namesOf(store: Store, sealer: Sealer, tenant: string | undefined, person: string): Promise<string[]> {
  const names = new Set([person])
  if (tenant !== undefined) for (const name of await pseudonymsBy(store, 'lookup', sealer.lookup(tenant, person))) names.add(name)
  // A set goes on through what is added on the way.
  for (const name of names) {
    if (names.size > most) break
    const more = [...(name.startsWith('sub_') ? await pseudonymsBy(store, 'pseudonym', name) : []), ...(await namesBeside(store, name))]
    for (const other of more) names.add(other)
  }
  return [...names]
}
