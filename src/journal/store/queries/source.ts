/** Where questions are asked: SQL with `$1`-style parameters, in the same words for both stores. */

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

/** A question took too long. The store is there, so nothing else need stop for it. */
export class Late extends Error {}

/** `$1,$2,$3` */
export const marks = (count: number, first = 1): string => Array.from({ length: count }, (_, at) => `$${first + at}`).join(',')

/** A field of the event, read out of its body in the words of the database. */
export const bodyField = (store: Source, body: string, name: string): string =>
  store.kind === 'sqlite' ? `${body} ->> '$.${name}'` : `${body}::jsonb #>> '{${name.replace('.', ',')}}'`

/** Stored bytes as they are, before any decoding could hide a change. */
export const bytesOf = (store: Source): string => (store.kind === 'sqlite' ? 'CAST(body AS BLOB)' : "convert_to(body, 'UTF8')")
