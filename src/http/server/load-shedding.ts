/** Load shedding: a bound of requests not yet let in by session and limit. Those beyond it wait a
 * moment, then are let in or refused. Deletions and sessions have their own bounds. */
import type { IncomingMessage } from 'node:http'
import type { Log } from '../../platform/log/logger.ts'
import type { Metrics } from '../../platform/metrics/metrics.ts'

type Priority = 'guarded' | 'sessions' | 'others'

const reserved = 256
/** The bound of the others falls while the event loop is late, and rises while it is not and more
 * come. At the lowest they cost a turn of the loop some 30 ms. */
const minBound = 128
const firstBound = 256
const maxBound = 1024
const lateMs = 40
const promptMs = 20
const lookMs = 20

/** A free place goes to the newest that waits: in a flood some are answered soon, not all late.
 * Others are refused, oldest first, in a twentieth of all time: each costs half a hot read. */
const maxHeld = { requests: 8192, characters: 16 * 1024 * 1024 }
const freshMs = 100
const refusalShare = 0.05

interface Held {
  readonly request: IncomingMessage
  readonly since: number
  /** Of its head. */
  readonly characters: number
  readonly decide: (admitted: boolean) => void
}

interface Class {
  readonly name: Priority
  bound: number
  waiting: number
  shed: number
  /** From the earliest to the latest. */
  readonly held: Held[]
  characters: number
  willTakeUp: boolean
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
  if (its.held.length === 0 || its.willTakeUp) return
  its.willTakeUp = true
  setImmediate(takeUp, its)
}

const headLength = ({ url = '', rawHeaders }: IncomingMessage): number => rawHeaders.reduce((sum, text) => sum + text.length, url.length)

const enter = (its: Class, request: IncomingMessage): void => {
  its.waiting += 1
  ;(request as Waiting)[place] = its
}

const takeUp = (its: Class): void => {
  its.willTakeUp = false
  const since = performance.now() - freshMs
  while (its.waiting < its.bound && its.held.length > 0 && its.held.at(-1)!.since >= since) {
    const { request, characters, decide } = its.held.pop()!
    its.characters -= characters
    if (request.socket.destroyed) continue
    enter(its, request)
    decide(true)
  }
}

/** By how late a timer is, as everything else is that waits. */
const followLoop = (its: Class, late: number): void => {
  if (late > lateMs) its.bound = Math.max(minBound, Math.floor(its.bound * (late > 3 * lateMs ? 0.5 : 0.8)))
  else if (late < promptMs && its.waiting >= its.bound) its.bound = Math.min(maxBound, its.bound + 8)
}

/** Those without a priority are always let in. */
export type PriorityOf = (request: IncomingMessage) => Priority | undefined

export const createLoadShedding = (priority: PriorityOf, log: Log, metrics: Metrics) => {
  const classOf = (name: Priority, bound: number): Class => ({
    name,
    bound,
    waiting: 0,
    shed: 0,
    held: [],
    characters: 0,
    willTakeUp: false,
  })
  const classes = { guarded: classOf('guarded', reserved), sessions: classOf('sessions', reserved), others: classOf('others', firstBound) }
  const refuseEarliest = (its: Class): void => {
    const { request, characters, decide } = its.held.shift()!
    its.characters -= characters
    if (request.socket.destroyed) return
    its.shed += 1
    tellSoon()
    decide(false)
  }
  let looked = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    const took = now - looked
    looked = now
    followLoop(classes.others, took - lookMs)
    const until = now + took * refusalShare
    for (const its of Object.values(classes))
      while (its.held.length > 0 && its.held[0]!.since < now - freshMs && performance.now() < until) refuseEarliest(its)
  }, lookMs).unref()
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
    /** A connection was closed as it came. */
    droppedConnection: (): void => {
      connections += 1
      tellSoon()
    },
    /** False: there is no place for the request now. */
    admits: (request: IncomingMessage): boolean => {
      const name = priority(request)
      if (name === undefined) return true
      const its = classes[name]
      if (its.waiting >= its.bound) return false
      enter(its, request)
      return true
    },
    /** For a request that was not admitted: decides within seconds, unless its connection ends. */
    hold: (request: IncomingMessage, decide: (admitted: boolean) => void): void => {
      const its = classes[priority(request)!]
      const characters = headLength(request)
      its.held.push({ request, since: performance.now(), characters, decide })
      its.characters += characters
      if (its.held.length > maxHeld.requests || its.characters > maxHeld.characters) refuseEarliest(its)
    },
    [Symbol.dispose]: (): void => clearInterval(timer),
  }
}

export type LoadShedding = ReturnType<typeof createLoadShedding>
