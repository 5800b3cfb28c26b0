/** A source of queries: SQL with `$1` parameters, one dialect for both stores. */

export type Value = string | number | null | Uint8Array
export type Row = Record<string, Value>
export type Rows = Row[]

export interface Source {
  readonly kind: 'sqlite' | 'postgres'
  select(sql: string, params?: readonly Value[]): Promise<Rows>
}

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
