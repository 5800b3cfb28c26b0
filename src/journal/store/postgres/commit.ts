/** One commit: two round trips under the lock of the head, to read the facts and to write. */
import type { Client, QueryResult } from 'pg'
import {
  type Batch,
  type Committed,
  decide,
  type Entry,
  extend,
  keyAfter,
  keyInForce,
  noFacts,
  packFrontier,
  questions,
  type StoreOptions,
  unpackFrontier,
} from '../journal-store.ts'
import type { Row } from '../queries/source.ts'
import { alteredTables, sentenceOf } from './access.ts'
import { lookups, statements } from './schema.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
export const packNodes = (nodes: Batch['nodes']) => nodes.map(({ level, position, hash }) => ({ level, position, hash: base64(hash) }))

/** The writing of one batch, by the function `append`. */
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

export const createCommit = (journal: string, keys: StoreOptions['keys']) => {
  let alteredLookedAt = Number.NEGATIVE_INFINITY
  /** Throws when something came between us and the tables; at most once a second, with a commit. */
  const refuseAltered = async (client: Client): Promise<void> => {
    if (performance.now() - alteredLookedAt < 1_000) return
    alteredLookedAt = performance.now()
    const altered = (await client.query(lookups.altered)).rows[0].altered as readonly string[]
    if (altered.length === 0) return
    alteredLookedAt = Number.NEGATIVE_INFINITY
    throw new Error(sentenceOf(alteredTables(altered)))
  }

  return async (client: Client, entries: readonly Entry[], after?: string): Promise<Committed> => {
    const asked = questions(entries, after)
    const [locked, answers] = await Promise.all([
      client.query(statements.lockHead) as unknown as Promise<QueryResult[]>,
      Promise.all(asked.map(({ sql, params }) => client.query(sql, [...params]))),
      refuseAltered(client),
    ])
    const row = locked[1]!.rows[0] as Row
    if (row['journal'] !== journal) throw new Error(`another journal (${String(row['journal'])}) stands in the place of ${journal}`)
    const head = { size: Number(row['size']), hashes: unpackFrontier(row['frontier'] as Uint8Array), cut: Number(row['cut']) }
    const inForce = String(row['key'])
    const facts = noFacts()
    asked.forEach(({ into }, at) => {
      for (const it of answers[at]!.rows) into(facts, it)
    })
    const { accepted, results, changed } = decide(entries, head, facts, after)
    const batch = extend(journal, head, accepted, changed, keyInForce(keys, inForce))
    const [done] = await Promise.all([
      ...(batch.note === undefined ? [] : [write(client, batch, keyAfter(accepted, inForce))]),
      client.query('COMMIT'),
    ]).then((all) => all.slice(-1) as [QueryResult])
    // After an error inside, PostgreSQL answers COMMIT with ROLLBACK.
    if (done.command !== 'COMMIT') throw new Error('the batch was rolled back')
    return { results, size: batch.head.size, ...(batch.note !== undefined && { note: batch.note }) }
  }
}
