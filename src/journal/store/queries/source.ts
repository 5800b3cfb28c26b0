/** A source of queries: SQL with `$1` parameters, one dialect for both stores. */

export type Value = string | number | null | Uint8Array
export type Row = Record<string, Value>
export type Rows = Row[]

export interface Source {
  readonly kind: 'sqlite' | 'postgres'
  select(sql: string, params?: readonly Value[]): Promise<Rows>
}

export type Select = Pick<Source, 'select'>

/** Rows by the statement's names of columns, whose types the schema of both stores enforces. */
export const rowsOf = async <T>(store: Select, sql: string, params?: readonly Value[]): Promise<T[]> =>
  (await store.select(sql, params)) as T[]

export const rowOf = async <T>(store: Select, sql: string, params?: readonly Value[]): Promise<T | undefined> =>
  (await rowsOf<T>(store, sql, params))[0]

/** Of one column. */
export const columnOf = async <T extends Value>(store: Select, sql: string, params?: readonly Value[]): Promise<T[]> =>
  (await store.select(sql, params)).map((row) => Object.values(row)[0] as T)

/** Undefined without a row, and where the column is empty. */
export const fieldOf = async <T extends Value>(store: Select, sql: string, params?: readonly Value[]): Promise<T | undefined> =>
  (await columnOf<T>(store, sql, params))[0] ?? undefined

export interface Question {
  readonly sql: string
  readonly params: readonly Value[]
}

/** A query took too long. The store is there, so only this query fails. */
export class Late extends Error {}

/** `$1,$2,$3` */
export const marks = (count: number, first = 1): string => Array.from({ length: count }, (_, at) => `$${first + at}`).join(',')

/** SQL for a field in the body of the event. */
export const bodyField = (store: Source, body: string, name: string): string =>
  store.kind === 'sqlite' ? `${body} ->> '$.${name}'` : `${body}::jsonb #>> '{${name.replace('.', ',')}}'`

/** SQL for the stored bytes: decoding could hide a change. */
export const bytesOf = (store: Source): string => (store.kind === 'sqlite' ? 'CAST(body AS BLOB)' : "convert_to(body, 'UTF8')")
