/** Bounds for people who read the journal: how many at once, how long each waits, by person and by
 * app. The guard reads on its own connection. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Problem } from '../contract/problems.ts'
import { type Concurrency, limitConcurrency, NoTurn } from '../platform/concurrency.ts'
import { timedOut, withTimeout } from '../platform/deadline.ts'
import type { Store } from './store/journal-store.ts'
import type { Rows, Source } from './store/queries/source.ts'

// biome-ignore format: a table is read down its columns
const limits = {
  search: { max: 2,                         maxPerCaller: 8,  maxWaitMs: 5_000 },
  export: { max: 8,     maxPerGroup: 6,     maxPerCaller: 2,  maxWaitMs: 0 },
  stream: { max: 1_200, maxPerGroup: 1_000, maxPerCaller: 10, maxWaitMs: 0 },
} as const satisfies Record<string, Concurrency>

export type Reading = keyof typeof limits

/** A reader: a person or program of one app. */
export interface Reader {
  readonly app: string
  readonly kind: string
  readonly userId?: string | undefined
  readonly actor: { readonly id: string }
}

const readMs = 5_000

/** Until when the queries of one page may take, all of them. */
const pageEnds = new AsyncLocalStorage<number>()

const busy = (cause: unknown): Problem => new Problem('journal_busy', { cause, headers: { 'Retry-After': '2' } })

const refusal = (error: NoTurn, reading: Reading): Problem =>
  error.why === 'busy'
    ? busy(error)
    : new Problem('too_many_requests', {
        limit: `journal-${reading}`,
        detail: `You may have ${limits[reading].maxPerCaller} ${reading === 'search' ? 'searches' : `${reading}s`} of the journal under way at once; end one, or wait.`,
        headers: { 'Retry-After': '2' },
      })

/** A query beyond its time, or its page's time, fails for its caller alone. */
const readInTime = async (read: () => Promise<Rows>): Promise<Rows> => {
  const left = Math.min(readMs, (pageEnds.getStore() ?? Number.POSITIVE_INFINITY) - performance.now())
  const rows =
    left <= 0
      ? timedOut
      : await withTimeout(left, read()).catch((cause: unknown) => {
          throw new Problem('journal_unreadable', { cause })
        })
  if (rows === timedOut) throw busy(new Error(`what was asked of the journal took more than ${readMs / 1000} s`))
  return rows
}

export const createReaders = ({ readers }: Pick<Store, 'readers'>) => {
  const turns = {
    search: limitConcurrency(limits.search),
    export: limitConcurrency(limits.export),
    stream: limitConcurrency(limits.stream),
  }
  const pages = limitConcurrency({ max: 1, maxPerCaller: Number.POSITIVE_INFINITY, maxWaitMs: 60_000 })
  const source: Source = { kind: readers.kind, select: (sql, params) => readInTime(() => readers.select(sql, params)) }
  return {
    source,
    /** For exports and replays: one page at a time in all, so that searches come between. */
    bulk: { kind: readers.kind, select: (sql, params) => pages('', () => source.select(sql, params)) } satisfies Source as Source,

    /** Runs the work in its turn; throws `too_many_requests` or `journal_busy`. */
    during: async <T>(reading: Reading, { app, kind, userId, actor }: Reader, work: () => Promise<T>): Promise<T> => {
      // Kinds apart: a program, an end user and a member of staff may bear one id.
      const who = `${app} ${kind === 'service'} ${userId === undefined} ${userId ?? actor.id}`
      const turn = () =>
        turns[reading](who, work, app).catch((error: unknown) => {
          throw error instanceof NoTurn ? refusal(error, reading) : error
        })
      return reading === 'search' ? pageEnds.run(performance.now() + readMs, turn) : turn()
    },
  }
}

export type Readers = ReturnType<typeof createReaders>
