/** What keeps a vendor that is slow, busy or away from holding others back: for each app the pause
 * that it asked for, a circuit breaker, a retry budget, and a bulkhead for each class of calls. */
import type { UpstreamApp } from '../../config/apps.ts'
import type { LimitClass, UnguardedOperation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Problem } from '../contract/problems.ts'
import { createBreaker } from './breaker.ts'
import { type BulkheadCalls, createBulkhead } from './bulkhead.ts'

export interface IsolationLog {
  /** Once when the breaker of an app opens, and once when the vendor answers again. */
  breaker?(event: { appId: string; open: boolean }): void
}

/** Harmless: of a user that nobody has. */
export const probeCall = {
  operation: operations.get_app_user as UnguardedOperation,
  params: { userId: 'smooch-bff-check' },
  retry: false,
}

const pausing = (seconds: number): Problem =>
  new Problem('upstream_busy', {
    outcome: 'not_sent',
    detail: 'The messaging service asked for a pause, so nothing was sent. Try again as Retry-After says.',
    headers: { 'Retry-After': String(seconds) },
  })

export const createIsolation = (log: IsolationLog, probe: (app: UpstreamApp) => Promise<unknown>) => {
  const create = (app: UpstreamApp) => {
    const { appId } = app
    let pausedUntil = 0
    const pauseSeconds = (): number => Math.ceil((pausedUntil - performance.now()) / 1000)
    const breaker = createBreaker({
      tell: (open) => log.breaker?.({ appId, open }),
      probe: () => (pauseSeconds() > 0 ? undefined : probe(app)),
    })
    const bulkheads: Partial<Record<LimitClass, ReturnType<typeof createBulkhead>>> = {}
    const requireTurn = (): void => {
      const seconds = pauseSeconds()
      if (seconds > 0) throw pausing(seconds)
    }
    return {
      breaker,
      budget: createRetryBudget(),
      isHeld: () => pauseSeconds() > 0 || breaker.isOpen(),
      requireTurn,
      bulkheads,
      bulkhead: (name: LimitClass) => (bulkheads[name] ??= createBulkhead(name)),
      pause: (seconds: number): void => {
        pausedUntil = Math.max(pausedUntil, performance.now() + seconds * 1000)
      },
    }
  }
  const apps = new Map<string, ReturnType<typeof create>>()
  const of = (app: UpstreamApp) => apps.getOrInsertComputed(app.appId, () => create(app))

  return {
    /** Throws what the work throws, `upstream_unavailable`, or `upstream_busy`. */
    run: async <T>(app: UpstreamApp, name: LimitClass, work: () => Promise<T>): Promise<T> => {
      const { breaker, budget, bulkhead, requireTurn } = of(app)
      budget.countCall()
      const inTurn = async (): Promise<T> => {
        requireTurn()
        // How long an image takes is its sender's doing: a slow one would open the breaker.
        return name === 'images' ? await work() : await breaker.run(work)
      }
      requireTurn()
      // A place is none of the question then, and there may be none while earlier calls hang.
      return name !== 'images' && breaker.isOpen() ? await inTurn() : await bulkhead(name).run(inTurn)
    },
    /** Nothing is sent: the vendor asked for a pause, or is away. */
    isHeld: (app: UpstreamApp): boolean => of(app).isHeld(),
    /** Whether a call may be sent again; then it counts. */
    takeRetry: (app: UpstreamApp): boolean => !of(app).isHeld() && of(app).budget.take(),
    /** The vendor asked for so many seconds of peace. */
    pause: (app: UpstreamApp, seconds: number): void => of(app).pause(seconds),
    /** Of each app and each class that has been called. */
    bulkheads: function* (): Generator<readonly [appId: string, name: LimitClass, calls: BulkheadCalls]> {
      for (const [appId, { bulkheads }] of apps)
        for (const [name, its] of Object.entries(bulkheads)) yield [appId, name as LimitClass, its.calls()]
    },
    close: (): void => {
      for (const { breaker } of apps.values()) breaker.close()
    },
  }
}

export type Isolation = ReturnType<typeof createIsolation>

// A retry budget: one retry for five calls and one for each second. No library counts what is sent
// again: cockatiel and ky look at each call by itself.
const perCall = 0.2
const perSecond = 1
/** What a quiet time saves, for the moment in which the vendor closes its connections. */
const maxSaved = 10

const createRetryBudget = () => {
  let saved = maxSaved
  let latest = performance.now()
  const save = (more: number): void => {
    saved = Math.min(maxSaved, saved + more)
  }

  return {
    countCall: (): void => save(perCall),
    /** Whether something may be sent again; then it is paid for. */
    take: (): boolean => {
      const now = performance.now()
      save(((now - latest) / 1000) * perSecond)
      latest = now
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
