/** Bounds of concurrent work: in all, by group and by caller, by list, or one at a time. */

export interface Concurrency {
  readonly max: number
  /** Absent: `max`. */
  readonly maxPerGroup?: number
  /** Running or waiting. */
  readonly maxPerCaller: number
  /** Longest wait for a turn. */
  readonly maxWaitMs: number
}

/** `too_many`: this caller has more than its share. `busy`: no turn came in time. */
export class NoTurn extends Error {
  readonly why: 'too_many' | 'busy'

  constructor(why: NoTurn['why']) {
    super(why)
    this.why = why
  }
}

interface Waiting {
  readonly who: string
  readonly group: string
  readonly start: () => void
}

const plus = (counts: Map<string, number>, who: string, more: number): void => {
  const count = (counts.get(who) ?? 0) + more
  if (count > 0) counts.set(who, count)
  else counts.delete(who)
}

type Asker = Omit<Waiting, 'start'>

/** The next turn goes to the group with the least running, in it to the caller with the least. */
export const limitConcurrency = ({ max, maxPerGroup = max, maxPerCaller, maxWaitMs }: Concurrency) => {
  const asked = new Map<string, number>()
  const runningOf = new Map<string, number>()
  const runningIn = new Map<string, number>()
  let line: Waiting[] = []
  let running = 0

  const count = ({ who, group }: Asker, more: number): void => {
    running += more
    plus(runningOf, who, more)
    plus(runningIn, group, more)
  }
  const hasPlace = ({ group }: Asker): boolean => running < max && (runningIn.get(group) ?? 0) < maxPerGroup
  const before = (one: Waiting, other: Waiting): number =>
    (runningIn.get(one.group) ?? 0) - (runningIn.get(other.group) ?? 0) || (runningOf.get(one.who) ?? 0) - (runningOf.get(other.who) ?? 0)
  const end = (asker: Asker): void => {
    count(asker, -1)
    const [next] = line.filter(hasPlace).sort(before)
    if (!next) return
    line = line.filter((it) => it !== next)
    count(next, 1)
    next.start()
  }
  const turn = (asker: Asker): Promise<void> => {
    if (hasPlace(asker)) {
      count(asker, 1)
      return Promise.resolve()
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { ...asker, start: resolve }
    line.push(waiting)
    const timer = setTimeout(() => {
      line = line.filter((it) => it !== waiting)
      reject(new NoTurn('busy'))
    }, maxWaitMs)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Runs the work in its turn; throws `NoTurn`. */
  return async <T>(who: string, work: () => Promise<T>, group = ''): Promise<T> => {
    if ((asked.get(who) ?? 0) >= maxPerCaller) throw new NoTurn('too_many')
    plus(asked, who, 1)
    try {
      await turn({ who, group })
      try {
        return await work()
      } finally {
        end({ who, group })
      }
    } finally {
      plus(asked, who, -1)
    }
  }
}

/** One at a time for each key, in the order of calling. */
export const createTurns = () => {
  const last = new Map<string, Promise<void>>()
  return async (key: string): Promise<Disposable> => {
    const before = last.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    last.set(key, promise)
    await before
    return {
      [Symbol.dispose]: () => {
        if (last.get(key) === promise) last.delete(key)
        resolve()
      },
    }
  }
}

/** A record, since objects only pass through: a Map or Set would keep garbage alive. */
export const passingRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** One run at a time for each key. Callers during a run share the next, which begins after they
 * asked: as fresh as their own. */
export const createSharedRuns = <T>() => {
  const runs = passingRecord<{ readonly now: Promise<T>; next?: Promise<T> }>()
  const start = (key: string, work: () => Promise<T>): Promise<T> => {
    const now = work()
    const run: { readonly now: Promise<T>; next?: Promise<T> } = { now }
    runs[key] = run
    const end = (): void => {
      if (runs[key] === run && run.next === undefined) delete runs[key]
    }
    now.then(end, end)
    return now
  }
  return (key: string, work: () => Promise<T>): Promise<T> => {
    const run = runs[key]
    if (!run) return start(key, work)
    const again = (): Promise<T> => start(key, work)
    run.next ??= run.now.then(again, again)
    return run.next
  }
}

/** Runs the work for each item, in order, `limit` at once. A failure stops the start of more, and
 * is thrown when those running have ended. */
export const forEachConcurrent = async <T>(limit: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> => {
  const rest = items[Symbol.iterator]()
  let failed = false
  const run = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next())
      await work(next.value).catch((error: unknown) => {
        failed = true
        throw error
      })
  }
  const ended = await Promise.allSettled(Array.from({ length: limit }, run))
  const failure = ended.find((it) => it.status === 'rejected')
  if (failure) throw failure.reason
}
