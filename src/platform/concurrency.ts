/** How much of one kind of work is under way at once: bounded in all and for each who asks, or one at a time. */

export interface Concurrency {
  /** Under way at once. */
  readonly all: number
  /** Under way or waiting, of one. */
  readonly each: number
  /** How long one waits for a turn, in milliseconds. */
  readonly waits: number
}

/** `too_many`: this one asks for more than its share. `busy`: no turn came in time. */
export class NoTurn extends Error {
  readonly why: 'too_many' | 'busy'

  constructor(why: NoTurn['why']) {
    super(why)
    this.why = why
  }
}

interface Waiting {
  readonly who: string
  readonly start: () => void
}

const plus = (counts: Map<string, number>, who: string, more: number): void => {
  const count = (counts.get(who) ?? 0) + more
  if (count > 0) counts.set(who, count)
  else counts.delete(who)
}

/** Whoever has least under way is next. */
export const limitConcurrency = ({ all, each, waits }: Concurrency) => {
  const asked = new Map<string, number>()
  const underWay = new Map<string, number>()
  let line: Waiting[] = []
  let running = 0

  const start = (who: string): void => {
    running += 1
    plus(underWay, who, 1)
  }
  const end = (who: string): void => {
    running -= 1
    plus(underWay, who, -1)
    const least = Math.min(...line.map((it) => underWay.get(it.who) ?? 0))
    const next = line.find((it) => (underWay.get(it.who) ?? 0) === least)
    if (!next) return
    line = line.filter((it) => it !== next)
    start(next.who)
    next.start()
  }
  const turn = (who: string): Promise<void> => {
    if (running < all) {
      start(who)
      return Promise.resolve()
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { who, start: resolve }
    line.push(waiting)
    const timer = setTimeout(() => {
      line = line.filter((it) => it !== waiting)
      reject(new NoTurn('busy'))
    }, waits)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Does the work in its turn; throws `NoTurn`. */
  return async <T>(who: string, work: () => Promise<T>): Promise<T> => {
    if ((asked.get(who) ?? 0) >= each) throw new NoTurn('too_many')
    plus(asked, who, 1)
    try {
      await turn(who)
      try {
        return await work()
      } finally {
        end(who)
      }
    } finally {
      plus(asked, who, -1)
    }
  }
}

/** One at a time for each key, in the order in which they came. */
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
