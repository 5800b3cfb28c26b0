/** Load shedding: the bound of requests that have come and are not yet let in, by session or limit.
 * Deletions and sessions have bounds of their own, so that a flood of reads stops no sign-out. */
import type { IncomingMessage } from 'node:http'
import type { Log } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'

export type Priority = 'guarded' | 'sessions' | 'others'

const kept = 256
/** The bound of the others falls while the event loop is late, and rises while it is not and more
 * come. At the lowest they cost a turn of the loop some 30 ms. */
const lowest = 128
const first = 256
const highest = 1024
const lateMs = 60
const promptMs = 20
const lookMs = 20

interface Class {
  readonly name: Priority
  bound: number
  waiting: number
  shed: number
}

const place = Symbol('class in which a request waits')
type Waiting = IncomingMessage & { [place]?: Class | undefined }

/** Of the public listener, by what costs nothing to look at. */
export const priorityOf = ({ method, url = '' }: IncomingMessage): Priority => {
  if (url.includes('/auth/')) return 'sessions'
  return method === 'DELETE' || url.endsWith('/merge') ? 'guarded' : 'others'
}

/** Of the private listener: health is always told. */
export const privatePriorityOf = ({ url = '' }: IncomingMessage): Priority | undefined =>
  /^\/(livez|readyz|startupz|metrics)\b/.test(url) ? undefined : 'sessions'

/** The request has been let in, is answered, or waits for its own caller. */
export const letIn = (request: IncomingMessage): void => {
  const waiting: Waiting = request
  const its = waiting[place]
  if (!its) return
  waiting[place] = undefined
  its.waiting -= 1
}

/** The lateness of a timer is what everything else waits as well. */
const followLoop = (its: Class): (() => void) => {
  let due = performance.now() + lookMs
  const timer = setInterval(() => {
    const now = performance.now()
    const late = now - due
    due = now + lookMs
    if (late > lateMs) its.bound = Math.max(lowest, Math.floor(its.bound * 0.8))
    else if (late < promptMs && its.waiting >= its.bound) its.bound = Math.min(highest, its.bound + 8)
  }, lookMs).unref()
  return () => clearInterval(timer)
}

export interface LoadShedding extends Disposable {
  /** False: the request is to be turned away. */
  admits(request: IncomingMessage): boolean
  /** A connection was closed as it came. */
  droppedConnection(): void
}

/** Those without a priority are always let in. */
export type PriorityOf = (request: IncomingMessage) => Priority | undefined

export const createLoadShedding = (priority: PriorityOf, log: Log, metrics: Metrics): LoadShedding => {
  const classOf = (name: Priority, bound: number): Class => ({ name, bound, waiting: 0, shed: 0 })
  const classes = { guarded: classOf('guarded', kept), sessions: classOf('sessions', kept), others: classOf('others', first) }
  const unfollow = followLoop(classes.others)
  let [willTell, connections] = [false, 0]
  /** Once a second: a log line for each would add to the load. */
  const tell = (): void => {
    willTell = false
    if (connections > 0) {
      metrics.shed('others', connections)
      log.warn({ count: connections }, 'connections were closed as they came: clients have half of the files that the process may open')
      connections = 0
    }
    for (const its of Object.values(classes)) {
      const { name, shed: count } = its
      if (count === 0) continue
      metrics.shed(name, count)
      log.warn({ priority: name, count }, 'requests were refused with 503: the service is overloaded')
      its.shed = 0
    }
  }
  const tellSoon = (): void => {
    if (!willTell) setTimeout(tell, 1_000).unref()
    willTell = true
  }
  return {
    droppedConnection: () => {
      connections += 1
      tellSoon()
    },
    admits: (request) => {
      const name = priority(request)
      if (name === undefined) return true
      const its = classes[name]
      if (its.waiting >= its.bound) {
        its.shed += 1
        tellSoon()
        return false
      }
      its.waiting += 1
      ;(request as Waiting)[place] = its
      return true
    },
    [Symbol.dispose]: unfollow,
  }
}
