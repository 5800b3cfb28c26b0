/** Connections to PostgreSQL: one that can be cut at once, one that is made anew after a failure, and one whose lock says that this process lives. `pg` is loaded only when it is used. */
import { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import { createTurns } from '../../../platform/concurrency.ts'
import { Late } from '../contract.ts'

export interface Connection {
  readonly client: Client
  /** At once and without a word: what waits on it fails. */
  cut(): void
}

/** From the first byte to the settings: a server may fall silent anywhere between. */
const connectMilliseconds = 2_500

export async function connect(url: string, settings: ClientConfig = {}): Promise<Connection> {
  const { default: pg } = await import('pg')
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
  // An idle connection that breaks is found by the next query.
  client.on('error', () => {})
  const cut = (): void => {
    socket.destroy()
  }
  const late = setTimeout(cut, connectMilliseconds)
  try {
    await client.connect()
    await client.query("SET search_path = journal; SET synchronous_commit = 'on'; SET standard_conforming_strings = on")
  } catch (error) {
    cut()
    throw error
  } finally {
    clearTimeout(late)
  }
  return { client, cut }
}

/** What PostgreSQL calls a statement that ran into its time limit. */
const cancelled = '57014'

/** One connection, made when first needed and again after a failure; calls wait their turn. */
export function serialConnection(url: string, settings: ClientConfig) {
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
      link ??= connect(url, settings)
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

/** A session advisory lock says that this process lives. It ends with the connection, on which nothing else is ever sent: so it is asked for again and again, and made anew when it is silent. */
export function holdLease(url: string, name: string): { held: Promise<void>; release(): void } {
  let ended = false
  let link: Connection | undefined
  let timer: NodeJS.Timeout | undefined
  const take = async (): Promise<void> => {
    link ??= await connect(url, { query_timeout: connectMilliseconds })
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
