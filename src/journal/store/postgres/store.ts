/** The store for several replicas: PostgreSQL. Appends lock the one row of the head. */
import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyInForce, type Store, type StoreOptions } from '../journal-store.ts'
import { headless } from '../queries/log.ts'
import { initFor } from './access.ts'
import { createCommit, packNodes } from './commit.ts'
import { isLockLate, type Known, serialConnection } from './connection.ts'
import { inspect } from './inspect.ts'
import { holdLease } from './lease.ts'
import { lookups, statements } from './schema.ts'
import { createPostgres, knownPresenceIn, lackIn } from './schema-state.ts'
import { sharedConnections } from './shared-connection.ts'

interface PostgresOptions extends StoreOptions {
  readonly url: string
  /** The role need not be able to write. */
  readonly readOnly?: boolean
  /** Create a journal if there is none; by default true. */
  readonly make?: boolean
}

const minute = 60_000
/** Time for a batch; then its connection is cut. */
const commitMs = 1_800
/** A little above the readers' own limit. */
const readersMs = 6_000

/** Name of the liveness lock. */
const lockName = (journal: string, instance: string): string =>
  hash('sha256', `${journal}/${instance}`, 'buffer').readBigInt64BE().toString()

/** A connection for each kind of work, made when it is first needed. */
const connectionsTo = (url: string, selectMs: number) => {
  const known: Known = { timeline: 0 }
  const writer = serialConnection(url, {
    known,
    pipeline: true,
    // The head is locked for the whole transaction: a process that dies must not keep it so.
    server: { lock_timeout: 1500, statement_timeout: 1800, idle_in_transaction_session_timeout: 5_000 },
  })
  const reader = sharedConnections(1, url, selectMs, known)
  const readers = sharedConnections(2, url, readersMs, known)
  const upkeep = serialConnection(url, { known, server: { statement_timeout: minute } })
  // Waiting for a lock on a table blocks all later queries of it: so it gives up, and asks again.
  const rewriter = serialConnection(url, { known, server: { lock_timeout: 300, statement_timeout: 10 * minute } })
  const rewrite = async (statement: string): Promise<void> => {
    for (const until = performance.now() + minute; ; await sleep(500))
      try {
        await rewriter.run((client) => client.query(statement), 10 * minute)
        return
      } catch (cause) {
        if (!isLockLate(cause)) throw cause
        if (performance.now() > until)
          throw new Error('erased, but the bytes may still stand in files that others read all the time: run the command again', { cause })
      }
  }
  return {
    known,
    writer,
    reader,
    readers,
    upkeep,
    rewrite,
    forget: async (): Promise<void> => {
      reader.drop()
      readers.drop()
      await writer.drop()
      // What was restored from a dump has a timeline of its own, earlier than any.
      known.timeline = 0
    },
    end: async (): Promise<void> => {
      reader.close()
      readers.close()
      await Promise.all([writer.drop(), upkeep.drop(), rewriter.drop()])
    },
  }
}

export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { url, keys, instance, readOnly = false, make = true, selectMs = minute } = options
  const { known, writer, reader, readers, upkeep, rewrite, forget, end } = connectionsTo(url, selectMs)
  const { select } = reader
  const identify = async (): Promise<{ journal: string; key: string }> => {
    const [row] = await select(lookups.identity)
    if (!row) throw new Error(headless)
    return row as { journal: string; key: string }
  }
  let lease: ReturnType<typeof holdLease> | undefined
  const close = async (): Promise<void> => {
    lease?.release()
    await end()
  }
  const begin = async (): Promise<string> => {
    const there = await knownPresenceIn(select, { writes: !readOnly })
    const lack = lackIn(there)
    if (lack !== undefined) {
      const remedy = `${lack}; let its owner run: ${initFor(there.role)}`
      if (!make)
        throw new Error(
          there.mark === undefined
            ? 'there is no journal in this database: the command init makes it, as the owner of the database'
            : remedy,
        )
      await createPostgres(url, keys[0]!).catch((error: unknown) => {
        throw new Error(remedy, { cause: error })
      })
    }
    const { journal, key } = await identify()
    if (keys.length > 0) keyInForce(keys, key)
    lease = holdLease(url, lockName(journal, instance), known)
    await lease.held
    return journal
  }
  // Closed after a failure: the service tries again, and open connections would add up.
  const journal = await begin().catch(async (error: unknown) => {
    await close()
    throw error
  })

  const commit = createCommit(journal, keys)

  return {
    kind: 'postgres',
    journal,
    select,
    readers: { kind: 'postgres', select: readers.select },
    commit: (entries, after) => writer.run((client) => commit(client, entries, after), commitMs),
    reopen: async () => {
      await forget()
      await knownPresenceIn(select, { writes: !readOnly })
      const now = await identify()
      if (now.journal !== journal) throw new Error(`another journal (${now.journal}) stands in the place of ${journal}`)
    },
    isAlive: async (other) => {
      if (other === instance) return true
      const [row] = await select('SELECT pg_try_advisory_lock($1::bigint) AS free', [lockName(journal, other)])
      if (row?.['free'] as unknown) await select('SELECT pg_advisory_unlock($1::bigint)', [lockName(journal, other)])
      return !row?.['free']
    },
    mayRemove: async () => {
      const [row] = await select(lookups.mayRemove)
      return Boolean(row!['may'])
    },
    erase: async (tokens) => {
      const [row] = (await upkeep.run((client) => client.query(statements.erase, [[...tokens]]), 60_000)).rows as {
        subjects: number
        parts: number
      }[]
      for (const statement of statements.rewrites) await rewrite(statement)
      return row!
    },
    expire: async (now) => Number((await upkeep.run((client) => client.query(statements.expire, [now]), minute)).rows[0].gone),
    prune: async (cut, nodes) => Number((await select(statements.prune, [cut, JSON.stringify(packNodes(nodes))]))[0]!['gone']),
    backup: () => Promise.reject(new Error('back PostgreSQL up with its own tools: pg_dump --schema=journal')),
    inspect: () => inspect(select),
    close,
  }
}
