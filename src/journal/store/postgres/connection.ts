/** A connection to PostgreSQL that can be cut at once, and one that reconnects after a failure and
 * serves its callers in turn. `pg` is loaded only when used. */
import { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import { createTurns } from '../../../platform/concurrency.ts'
import { withTimeout } from '../../../platform/deadline.ts'
import { errorMessage } from '../../../platform/error-message.ts'
import { postgresHosts, wantsPrimary } from '../../../platform/postgres-address.ts'
import { Late } from '../queries/source.ts'

export interface Connection {
  readonly client: Client
  /** Destroys the socket; pending queries fail. */
  cut(): void
  /** False once the server, or somebody on the way, has ended it, or a later primary is known. */
  isOpen(): boolean
}

/** From the first byte to the settings: a server may stop answering anywhere between. */
export const connectMs = 2_500

/** What the connections of a store know together: each seeks the primary for itself, and a former
 * one may answer sooner than the promoted one. */
export interface Known {
  /** Of the latest primary that any of them has met. */
  timeline: number
}

export interface Limits {
  readonly known?: Known
  readonly pipeline?: boolean
  readonly query_timeout?: number
  /** Settings of the session, in milliseconds, by a command: poolers refuse start-up parameters. */
  readonly server?: Readonly<
    Partial<Record<'lock_timeout' | 'statement_timeout' | 'idle_session_timeout' | 'idle_in_transaction_session_timeout', number>>
  >
}

/** How long the other hosts have once one has answered. */
const othersMs = 300

interface Primary extends Connection {
  /** Grows with each promotion; 0 where nobody asked. */
  readonly timeline: number
}

/** To the one host, or to the primary among several. All are tried at once, since a primary that
 * hangs must not delay the one in its place; of two, the one that was promoted last is meant. */
export async function connect(url: string, limits: Limits = {}): Promise<Connection> {
  const hosts = postgresHosts(url)
  const tries = hosts.map((host) => connectTo(host, limits, wantsPrimary(hosts)))
  if (tries.length === 1) return await tries[0]!
  const there: Primary[] = []
  let taken: Primary | undefined
  const arrived = tries.map((it) => it.then((primary) => (taken ? primary.cut() : void there.push(primary))))
  await Promise.any(arrived).catch(({ errors }: AggregateError) => {
    throw new Error(`no host of JOURNAL_URL takes writes: ${errors.map(errorMessage).join('; ')}`)
  })
  await withTimeout(othersMs, Promise.allSettled(arrived))
  taken = there.reduce((latest, it) => (it.timeline > latest.timeline ? it : latest))
  for (const it of there) if (it !== taken) it.cut()
  const { known } = limits
  if (known && taken.timeline < known.timeline) {
    taken.cut()
    throw new Error('the host of JOURNAL_URL that was promoted last does not answer')
  }
  if (known) known.timeline = taken.timeline
  return taken
}

/** Role and database may be set otherwise: to another isolation, under which two writers refuse
 * each other, or to ending idle sessions. */
const ownSettings = `SET search_path = journal; SET synchronous_commit = 'on'; SET standard_conforming_strings = on;
SET default_transaction_isolation = 'read committed'; SET idle_session_timeout = 0`

const connectTo = async (url: string, limits: Limits, mustBePrimary: boolean): Promise<Primary> => {
  const { default: pg } = await import('pg')
  const { server = {}, known, ...settings } = limits
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 1500,
    keepAlive: true,
    application_name: 'smooch-bff journal',
    ...settings,
    stream: () => socket,
    types: {
      getTypeParser: (oid: number, format?: 'text') => (oid === 20 ? Number : pg.types.getTypeParser(oid, format as 'text')),
    } as NonNullable<ClientConfig['types']>,
  })
  // Idle connections break; the next use opens another.
  let open = true
  const ended = (): void => {
    open = false
  }
  client.on('error', ended).on('end', ended)
  const cut = (): void => {
    socket.destroy()
  }
  const late = setTimeout(cut, connectMs)
  let timeline = 0
  try {
    await client.connect()
    if (mustBePrimary) timeline = await timelineOf(client)
    await refuseSharing(client, url)
    const given = Object.entries(server).map(([name, value]) => `; SET ${name} = ${value}`)
    await client.query(`${ownSettings}${given.join('')}`)
  } catch (error) {
    cut()
    throw error
  } finally {
    clearTimeout(late)
  }
  return { client, cut, timeline, isOpen: () => open && timeline >= (known?.timeline ?? 0) }
}

/** Throws at a standby, which has none of its own. */
const timelineOf = async (client: Client): Promise<number> => {
  const segment = 'CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END'
  const { of } = (await client.query(`SELECT left(${segment}, 8) AS of`)).rows[0] as { of: string | null }
  if (of === null) throw new Error('this is a standby')
  return Number.parseInt(of, 16)
}

/** A pooler in transaction mode gives each transaction another session: settings would hold for
 * strangers, and the lease for nobody. */
const sharing =
  'JOURNAL_URL leads to a pooler in transaction mode, where no session is ours: give it a pool with pool_mode=session, or the address of PostgreSQL itself'

const sessionOf = async (client: Client): Promise<number> => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number

/** Throws behind such a pooler: a second transaction shows whether the session is ours. */
const refuseSharing = async (client: Client, url: string): Promise<void> => {
  const first = await sessionOf(client)
  if ((client as Client & { processID: number }).processID === first) return
  const { default: pg } = await import('pg')
  const other = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1500, query_timeout: 1500 })
  other.on('error', () => {})
  try {
    await other.connect()
    await other.query('BEGIN')
    if ((await sessionOf(other)) === first || (await sessionOf(client)) !== first) throw new Error(sharing)
  } finally {
    void other.end().catch(() => {})
  }
}

/** For a statement over its time limit, by PostgreSQL's code. */
export const isCancelled = (error: unknown): boolean => (error as { code?: string }).code === '57014'

/** For a lock that was not had in time. */
export const isLockLate = (error: unknown): boolean => (error as { code?: string }).code === '55P03'

export const late = (cause: unknown): Late => new Late('PostgreSQL did not answer in time', { cause })

/** One connection, opened at first use and again after a failure; calls wait their turn. */
export function serialConnection(url: string, limits: Limits) {
  let link: Promise<Connection> | undefined
  const turns = createTurns()
  const drop = async (): Promise<void> => {
    const last = link
    link = undefined
    await last?.then(
      (it) => it.cut(),
      () => {},
    )
  }
  const attempt = async <T>(work: (client: Client) => Promise<T>, milliseconds: number): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    let isLate = false
    try {
      if (link && !(await link).isOpen()) await drop()
      link ??= connect(url, limits)
      const opened = await link
      timer = setTimeout(() => {
        isLate = true
        opened.cut()
      }, milliseconds)
      return await work(opened.client)
    } catch (error) {
      await drop()
      throw isLate || isCancelled(error) ? late(error) : error
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    run: async <T>(work: (client: Client) => Promise<T>, milliseconds: number): Promise<T> => {
      using _turn = await turns('')
      return await attempt(work, milliseconds)
    },
    drop,
  }
}
