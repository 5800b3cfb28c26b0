/** Connections for reading, whose callers do not wait for each other's answers: a far PostgreSQL
 * would cost each of them the way there and back. */
import type { Rows, Source } from '../queries/source.ts'
import { type Connection, connect, isCancelled, type Known, type Limits, late } from './connection.ts'

/** The connection stays after an error in a statement. */
const isFatal = (error: unknown): boolean => (error as { severity?: string }).severity !== 'ERROR'

/** One connection, opened at first use and again after a failure; its queries are sent at once. */
const sharedConnection = (url: string, limits: Limits) => {
  let link: Promise<Connection> | undefined
  let opened: Connection | undefined
  let closed = false
  let asked = 0
  /** Those cut for a late query: the others on them were cut off, too. */
  const cutLate = new WeakSet<Promise<Connection>>()
  const start = (): Promise<Connection> => {
    const started = connect(url, { ...limits, pipeline: true })
    started.then(
      (it) => {
        if (started === link) opened = it
      },
      () => {},
    )
    return started
  }
  const drop = (it: Promise<Connection> | undefined): void => {
    if (it === link) [link, opened] = [undefined, undefined]
    it?.then(
      (opened) => opened.cut(),
      () => {},
    )
  }
  const select = async (milliseconds: number, ...[sql, params = []]: Parameters<Source['select']>): Promise<Rows> => {
    if (closed) throw new Error('the journal is closed')
    if (opened?.isOpen() === false) drop(link)
    link ??= start()
    const mine = link
    const timer = setTimeout(() => {
      cutLate.add(mine)
      drop(mine)
    }, milliseconds)
    asked += 1
    try {
      const { client } = await mine
      return (await client.query(sql, [...params])).rows as Rows
    } catch (error) {
      if (isFatal(error)) drop(mine)
      throw cutLate.has(mine) || isCancelled(error) ? late(error) : error
    } finally {
      asked -= 1
      clearTimeout(timer)
    }
  }
  return {
    select,
    asked: () => asked,
    drop: () => drop(link),
    close: () => {
      closed = true
      drop(link)
    },
  }
}

/** Several of them; a query goes to the one with the least to do. */
export const sharedConnections = (count: number, url: string, milliseconds: number, known: Known) => {
  const all = Array.from({ length: count }, () => sharedConnection(url, { known, server: { statement_timeout: milliseconds } }))
  const select: Source['select'] = (sql, params) =>
    all.reduce((least, it) => (it.asked() < least.asked() ? it : least)).select(milliseconds, sql, params)
  return {
    select,
    drop: (): void => {
      for (const it of all) it.drop()
    },
    close: (): void => {
      for (const it of all) it.close()
    },
  }
}
