/** Which master the Sentinels name, asked every second. A former master that hung, or that is cut
 * off from the others, still answers for some seconds, and what is written there is lost. */
import { isIP } from 'node:net'
import type { Redis } from 'ioredis'
import { pause } from './answer.ts'

const everyMs = 1_000

interface SentinelPlace {
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
}

interface WatchParts<P extends SentinelPlace> {
  readonly connection: Redis
  /** Asked each time, since its file may have been replaced. */
  readonly place: () => P
  readonly open: (node: P['sentinels'][number], place: P) => Redis
}

/** Replaces the connection when they name another master than before, until it has ended. */
export const watchMaster = async <P extends SentinelPlace>({ connection, place, open }: WatchParts<P>): Promise<void> => {
  let asked: { readonly of: string; readonly sentinel: Redis } | undefined
  const leave = (): void => {
    asked?.sentinel.disconnect()
    asked = undefined
  }
  /** Of the first that answers; the same one is asked again. */
  const masterBy = async (now: P): Promise<readonly string[] | undefined> => {
    for (const node of now.sentinels) {
      const of = JSON.stringify([node, now])
      if (asked?.of !== of) {
        leave()
        asked = { of, sentinel: open(node, now).on('error', () => undefined) }
      }
      const named = await asked.sentinel.call('SENTINEL', 'get-master-addr-by-name', now.name).catch(() => undefined)
      if (Array.isArray(named)) return named.map(String)
      leave()
    }
    return undefined
  }
  /** Undefined for a name, which cannot be compared with an address. */
  const isHere = ([host = '', port]: readonly string[]): boolean | undefined => {
    const { remoteAddress, remotePort } = connection.stream
    return isIP(host) === 0 ? undefined : remoteAddress === host && String(remotePort) === port
  }
  // What stays open holds the process.
  connection.once('end', leave)
  let before: string | undefined
  const look = async (): Promise<void> => {
    const named = await masterBy(place())
    if (!named || connection.status !== 'ready' || named.join(' ') === before) return
    if (isHere(named) === false || (isHere(named) === undefined && before !== undefined)) connection.disconnect(true)
    before = named.join(' ')
  }
  for (; connection.status !== 'end'; await pause(everyMs))
    // A place that cannot be read now may be later; who connects is told of it.
    await look().catch(() => undefined)
  leave()
}
