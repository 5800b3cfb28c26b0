/** The writing of one batch, by the function `append`. */
import type { Client, QueryResult } from 'pg'
import { type Batch, packFrontier } from '../journal-store.ts'
import { statements } from './schema.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
export const packNodes = (nodes: Batch['nodes']) => nodes.map(({ level, position, hash }) => ({ level, position, hash: base64(hash) }))

export const write = (client: Client, { first, entries, operations, nodes, head, note }: Batch, key: string): Promise<QueryResult> => {
  const batch = {
    entries: entries.map(({ body, tokens }) => ({ body, tokens })),
    parts: entries.flatMap(({ parts }) => parts.map((part) => ({ ...part, salt: base64(part.salt), sealed: base64(part.sealed) }))),
    subjects: entries.flatMap(({ subjects }) => subjects.map((subject) => ({ ...subject, sealed: base64(subject.sealed) }))),
    operations: [...operations].map(([op, { seq, state }]) => ({ op, seq, state })),
    nodes: packNodes(nodes),
  }
  return client.query({
    name: 'append',
    text: statements.append,
    values: [first, JSON.stringify(batch), head.size, packFrontier(head.hashes), note, key],
  })
}
