/** Queries of people: pseudonyms with their look-up keys, and sealed parts of events. */
import type { Part } from '../../event/seal.ts'
import { bodyField, columnOf, fieldOf, marks, rowOf, rowsOf, type Select, type Source } from './source.ts'

export const pseudonymsAt = (store: Select, lookup: string): Promise<string[]> =>
  columnOf(store, 'SELECT pseudonym FROM subject WHERE lookup = $1', [lookup])

/** Pseudonyms of the same name of the same person, this one included. */
export const pseudonymsBeside = (store: Select, pseudonym: string): Promise<string[]> =>
  columnOf(store, 'SELECT pseudonym FROM subject WHERE lookup = (SELECT lookup FROM subject WHERE pseudonym = $1)', [pseudonym])

export const pseudonymsAmong = (store: Select, names: readonly string[]): Promise<string[]> =>
  columnOf(store, `SELECT pseudonym FROM subject WHERE pseudonym IN (${marks(names.length)})`, names)

/** Which of these pseudonyms, vendor's ids and staff ids stand in events as target or actor. */
export const recordedAmong = (store: Select, names: readonly string[]): Promise<string[]> => {
  const list = marks(names.length)
  return columnOf(
    store,
    `SELECT token AS name FROM target WHERE token IN (${list}) UNION SELECT actor AS name FROM event WHERE actor IN (${list})`,
    names,
  )
}

/** By look-up key. Lists are filled up to powers of two: few lengths, few prepared statements. */
export async function pseudonymsByLookup(store: Select, lookups: readonly string[]): Promise<Map<string, string>> {
  if (lookups.length === 0) return new Map()
  const params = Array.from({ length: 2 ** Math.ceil(Math.log2(lookups.length)) }, (_, at) => lookups[at] ?? lookups[0]!)
  const sql = `SELECT lookup, pseudonym FROM subject WHERE lookup IN (${marks(params.length)})`
  return new Map((await rowsOf<{ lookup: string; pseudonym: string }>(store, sql, params)).map((row) => [row.lookup, row.pseudonym]))
}

export const sealedName = (store: Select, pseudonym: string): Promise<Uint8Array | undefined> =>
  fieldOf(store, 'SELECT sealed FROM subject WHERE pseudonym = $1', [pseudonym])

export interface StoredName {
  readonly pseudonym: string
  readonly lookup: string
  readonly sealed: Uint8Array
}

/** The first person in the log, and the event. */
export const firstName = (store: Select): Promise<(StoredName & { readonly body: string }) | undefined> =>
  rowOf(
    store,
    'SELECT s.pseudonym, s.lookup, s.sealed, e.body FROM target t JOIN subject s ON s.pseudonym = t.token JOIN event e ON e.seq = t.seq ORDER BY t.seq LIMIT 1',
  )

/** Stored names of the targets of events between these indexes. */
export const namesBetween = (store: Source, from: number, below: number): Promise<StoredName[]> =>
  rowsOf(
    store,
    'SELECT pseudonym, lookup, sealed FROM subject WHERE pseudonym IN (SELECT token FROM target WHERE seq >= $1 AND seq < $2)',
    [from, below],
  )

export const sealedNames = async (store: Source, pseudonyms: readonly string[]): Promise<StoredName[]> =>
  pseudonyms.length === 0
    ? []
    : await rowsOf(store, `SELECT pseudonym, lookup, sealed FROM subject WHERE pseudonym IN (${marks(pseudonyms.length)})`, pseudonyms)

/** Pseudonyms after this one that are no target of any event, in their order. */
export const namesWithoutTarget = (store: Source, after: string): Promise<string[]> =>
  columnOf(
    store,
    'SELECT s.pseudonym FROM subject s WHERE s.pseudonym > $1 AND NOT EXISTS (SELECT 1 FROM target t WHERE t.token = s.pseudonym) ORDER BY s.pseudonym LIMIT 1000',
    [after],
  )

const targetsOf = {
  sqlite: "json_each(e.body, '$.targets') AS p",
  postgres: "jsonb_array_elements(e.body::jsonb -> 'targets') AS p (value)",
} as const

/** Both names of each target, in events with this search token. */
export function targetsOfEventsOn(store: Source, name: string): Promise<{ subject: unknown; smoochId: unknown }[]> {
  const field = (key: string): string => `p.value ->> '${store.kind === 'sqlite' ? '$.' : ''}${key}'`
  const sql = `SELECT DISTINCT ${field('subject')} AS subject, ${field('smoochId')} AS "smoochId" FROM target t JOIN event e ON e.seq = t.seq, ${targetsOf[store.kind]} WHERE t.token = $1`
  return rowsOf(store, sql, [name])
}

/** Pseudonyms beside these `_id`s, in whichever event. */
export async function subjectsOfIds(store: Source, ids: readonly string[]): Promise<Map<string, string[]>> {
  const owners = new Map<string, string[]>()
  for (const id of ids) {
    const both = (await targetsOfEventsOn(store, id)).filter(({ smoochId, subject }) => smoochId === id && subject !== null)
    owners.set(
      id,
      both.map(({ subject }) => String(subject)),
    )
  }
  return owners
}

/** True when an event of the app is by or about one of these names. */
export async function areKnownIn(store: Source, tenant: string, names: readonly string[]): Promise<boolean> {
  const list = marks(names.length, 2)
  const found = await store.select(
    `SELECT 1 AS one FROM event e WHERE (e.actor IN (${list}) OR e.seq IN (SELECT seq FROM target WHERE token IN (${list}))) AND ${bodyField(store, 'e.body', 'tenant')} = $1 LIMIT 1`,
    [tenant, ...names],
  )
  return found.length > 0
}

const parts = async (store: Source, sql: string, params: readonly (string | number)[]): Promise<Part[]> =>
  (await rowsOf<Part>(store, `SELECT s.event, s.part, s.expires, s.salt, s.sealed FROM snapshot s ${sql}`, params)).map((part) => ({
    ...part,
    salt: Buffer.from(part.salt),
    sealed: Buffer.from(part.sealed),
  }))

/** Sealed parts of an event that are still stored. */
export const partsOf = (store: Source, event: string): Promise<Part[]> => parts(store, 'WHERE s.event = $1', [event])

export const sealedPart = async (store: Source, event: string, part: Part['part']): Promise<Part | undefined> =>
  (await parts(store, 'WHERE s.event = $1 AND s.part = $2', [event, part]))[0]

export const partNames = (store: Source, event: string): Promise<string[]> =>
  columnOf(store, 'SELECT part FROM snapshot WHERE event = $1', [event])

export const partsBetween = (store: Source, from: number, below: number): Promise<Part[]> =>
  parts(store, 'JOIN event e ON e.id = s.event WHERE e.seq >= $1 AND e.seq < $2', [from, below])
