/** Connections to PostgreSQL: one that can be cut at once, one that reconnects after a failure, and
 * one whose lock shows that this process lives. `pg` is loaded only when used. */
import { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import { createTurns } from '../../../platform/concurrency.ts'
import { Late } from '../queries/source.ts'

export interface Connection {
  readonly client: Client
  /** Destroys the socket; pending queries fail. */
  cut(): void
}

/** From the first byte to the settings: a server may stop answering anywhere between. */
const connectMilliseconds = 2_500

interface Limits {
  readonly pipeline?: boolean
  readonly query_timeout?: number
  /** Settings of the session, in milliseconds. Set by a command: poolers refuse unknown start-up
   * parameters. */
  readonly server?: Readonly<
    Partial<Record<'lock_timeout' | 'statement_timeout' | 'idle_session_timeout' | 'idle_in_transaction_session_timeout', number>>
  >
}

export async function connect(url: string, limits: Limits = {}): Promise<Connection> {
  const { default: pg } = await import('pg')
  const { server = {}, ...settings } = limits
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
  // The next query finds out about an idle connection that breaks.
  client.on('error', () => {})
  const cut = (): void => {
    socket.destroy()
  }
  const late = setTimeout(cut, connectMilliseconds)
  try {
    await client.connect()
    await refuseSharing(client, url)
    const given = Object.entries(server).map(([name, value]) => `; SET ${name} = ${value}`)
    await client.query(`SET search_path = journal; SET synchronous_commit = 'on'; SET standard_conforming_strings = on${given.join('')}`)
  } catch (error) {
    cut()
    throw error
  } finally {
    clearTimeout(late)
  }
  return { client, cut }
}

/** A pooler in transaction mode gives each transaction another session: settings would hold for
 * strangers, and the lease for nobody. */
const sharing =
  'JOURNAL_URL leads to a pooler in transaction mode, where no session is ours: give it a pool with pool_mode=session, or the address of PostgreSQL itself'

const sessionOf = async (client: Client): Promise<number> => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number

/** Throws behind such a pooler, before anything is set: a second transaction shows whether the
 * session is ours. */
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

/** PostgreSQL's code for a statement over its time limit. */
const cancelled = '57014'

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
    let late = false
    try {
      link ??= connect(url, limits)
      const opened = await link
      timer = setTimeout(() => {
        late = true
        opened.cut()
      }, milliseconds)
      return await work(opened.client)
    } catch (error) {
      await drop()
      if (late || (error as { code?: string }).code === cancelled) throw new Late('PostgreSQL did not answer in time', { cause: error })
      throw error
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

const lookMilliseconds = 1_000
/** After a loss of power TCP would notice only after hours. So PostgreSQL ends the session after
 * this time, and another process may settle its calls. */
const leaseMilliseconds = 15_000

/** A session advisory lock: this process lives. It ends with the connection, which is used for
 * nothing else: so it is queried regularly, and reopened when silent. */
export function holdLease(url: string, name: string): { held: Promise<void>; release(): void } {
  let ended = false
  let link: Connection | undefined
  let timer: NodeJS.Timeout | undefined
  const take = async (): Promise<void> => {
    link ??= await connect(url, { query_timeout: connectMilliseconds, server: { idle_session_timeout: leaseMilliseconds } })
    if (ended) link.cut()
    await link.client.query('SELECT pg_try_advisory_lock($1::bigint)', [name])
  }
  const lost = (): void => {
    link?.cut()
    link = undefined
  }
  const beat = (): void => {
    if (!ended) timer = setTimeout(() => void take().catch(lost).then(beat), lookMilliseconds).unref()
  }
  return {
    held: take().then(beat),
    release: () => {
      ended = true
      clearTimeout(timer)
      link?.cut()
    },
  }
}
