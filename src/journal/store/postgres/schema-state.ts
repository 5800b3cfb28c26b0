/** State of the schema in PostgreSQL: its version, its making and upgrade by the owner. */
import type { KeyObject } from 'node:crypto'
import { genesis } from '../journal-store.ts'
import type { Source } from '../queries/source.ts'
import { current, markByTables, refuseLater, type SchemaMark } from '../version.ts'
import { accessIn, faultOfReading, faultOfWriting, sentenceOf } from './access.ts'
import { write } from './commit.ts'
import { connect } from './connection.ts'
import { createSchema, grantTo, lookups, mark, statements, steps } from './schema.ts'

interface Presence {
  /** Undefined when the database holds no journal. */
  readonly mark: SchemaMark | undefined
}

export const presenceIn = async (select: Source['select']): Promise<Presence> => {
  const [it] = await select(lookups.presence)
  if (!it!['found']) return { mark: undefined }
  if (!it!['marked']) return { mark: markByTables(Boolean(it!['knowsApps'])) }
  const [found] = await select(lookups.mark)
  return { mark: { version: Number(found!['version']), oldest: Number(found!['oldest']) } }
}

const journal = 'the journal in PostgreSQL'

/** Throws when the role may not do its part, and when a later service shuts us out. */
export const knownPresenceIn = async (select: Source['select'], { writes }: { writes: boolean }): Promise<Presence & { role: string }> => {
  const access = await accessIn(select)
  const fault = faultOfReading(access) ?? (writes && access.hasJournal ? faultOfWriting(access) : undefined)
  if (fault !== undefined) throw new Error(sentenceOf(fault))
  const presence = await presenceIn(select)
  if (presence.mark) refuseLater(journal, presence.mark)
  return { ...presence, role: access.role }
}

/** Why this service cannot go on with what is there; undefined when it can. */
export const lackIn = ({ mark: found }: Presence): string | undefined => {
  if (!found) return 'PostgreSQL holds no journal yet'
  return found.version < current.version ? `${journal} was made by an earlier version` : undefined
}

const minute = 60_000

/** Creates schema, functions and first event, or upgrades them; to be run as the owner, any number
 * of times. `role` is the application's. */
export async function createPostgres(url: string, key: KeyObject, role?: string): Promise<void> {
  const { client, cut } = await connect(url, { query_timeout: minute })
  try {
    await client.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('smooch-bff journal'))")
    const { mark: found } = await knownPresenceIn(async (sql) => (await client.query(sql)).rows, { writes: true })
    if (!found) {
      await client.query(createSchema)
      const createdJournal = genesis(key)
      await client.query(statements.firstHead, [createdJournal.journal, createdJournal.key])
      await write(client, createdJournal.batch, createdJournal.key)
    }
    for (const step of steps.slice(found?.version ?? steps.length)) await client.query(`SET LOCAL search_path = journal; ${step}`)
    await client.query(mark)
    if (role !== undefined) await client.query(grantTo(client.escapeIdentifier(role)))
    await client.query('COMMIT')
    await client.end()
  } finally {
    cut()
  }
}
