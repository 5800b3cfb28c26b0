/** Counters over the log, in memory: operations by hour and kind, denied attempts, bursts. At a
 * start the database adds up the past, and the last day is read. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Group, groupOf } from '../journal/event/actions.ts'
import { beginsOperation, decode, type Event } from '../journal/event/event.ts'
import { earliestSince, eventsFrom, treeHead } from '../journal/store/queries/log.ts'
import { sumsBetween } from '../journal/store/queries/operations.ts'
import type { Source } from '../journal/store/queries/source.ts'
import { type Burst, type BurstLimit, createBursts } from './bursts.ts'

export type Kind = Group | 'denied'
export const kinds: readonly Kind[] = ['deleted', 'merged', 'linked', 'written', 'denied']

export const kindOf = ({ kind, action }: { readonly kind: string; readonly action: string }): Kind =>
  kind === 'denied' ? 'denied' : groupOf(action)

interface CountersOptions {
  readonly store: Source
  readonly burst: BurstLimit
  /** Length of the log when this process started; what comes then is handed out, by index. */
  readonly since: number
  /** Gets those events in the order of the log. */
  readonly onEvent?: (event: Event) => void
  readonly onBurst?: (burst: Burst, event: Event) => void
}

const hour = 3_600_000
const day = 24 * hour
const span = 30 * day
/** Hours kept of an app, by number: a clock that is ahead for a while makes none of them old. */
const maxHours = span / hour + 1
const lookEveryMs = 1_000
const restMs = 10
const page = 500
/** Events that one query adds up: about 6 ms, for which a page may wait. */
const stretch = 2_000

type Counts = Record<Kind, number>
export const none = (): Counts => ({ deleted: 0, merged: 0, linked: 0, written: 0, denied: 0 })
const hourOf = (time: number): number => Math.floor(time / hour)

export const createCounters = ({ store, burst: limit, since, onEvent, onBurst }: CountersOptions) => {
  const hours = new Map<string, Map<number, Counts>>()
  const bursts = createBursts(limit, (burst, event, index) => {
    if (index >= since) onBurst?.(burst, event)
  })
  const stop = new AbortController()
  /** The part that the database adds up: `next` index, and `end`, where reading begins. */
  let past: { next: number; readonly end: number } | undefined
  let next = 0
  let complete = false

  const count = (tenant: string | undefined, time: number, kind: Kind, more: number): void => {
    if (tenant === undefined) return
    const ofApp = hours.get(tenant) ?? new Map<number, Counts>()
    hours.set(tenant, ofApp)
    const counts = ofApp.get(hourOf(time)) ?? none()
    ofApp.set(hourOf(time), counts)
    counts[kind] += more
  }

  const take = (event: Event, index: number): void => {
    if (beginsOperation(event)) count(event.tenant, Date.parse(event.time), kindOf(event), event.count ?? 1)
    bursts.watch(event, index)
    if (index >= since) onEvent?.(event)
  }

  const forget = (): void => {
    for (const ofApp of hours.values()) {
      if (ofApp.size <= maxHours) continue
      for (const at of [...ofApp.keys()].sort((a, b) => a - b).slice(0, -maxHours)) ofApp.delete(at)
    }
    bursts.forget()
  }

  /** The first index at or after the time; the index of the next event where there is none. */
  const firstSince = async (time: number): Promise<number> => {
    const { size } = await treeHead(store)
    return (await earliestSince(store, new Date(time).toISOString())) ?? size
  }

  const wait = (milliseconds: number): Promise<void> =>
    sleep(milliseconds, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)

  const begin = async (): Promise<NonNullable<typeof past>> => {
    const first = await firstSince(Date.now() - span)
    // Earlier by one window: a burst that is still shown may have begun there.
    next = Math.max(first, await firstSince(Date.now() - day - bursts.windowMs))
    return { next: first, end: next }
  }

  /** One step; true when more is left to do at once. */
  const look = async (): Promise<boolean> => {
    past ??= await begin()
    if (past.next < past.end) {
      const below = Math.min(past.next + stretch, past.end)
      for (const sum of await sumsBetween(store, past.next, below)) count(sum.tenant, Date.parse(`${sum.hour}:00Z`), kindOf(sum), sum.count)
      past.next = below
      return true
    }
    const rows = await eventsFrom(store, next, page)
    for (const { index, body } of rows) take(decode(body), index)
    next = (rows.at(-1)?.index ?? next - 1) + 1
    return rows.length === page
  }

  const follow = async (): Promise<void> => {
    // First a pause: pages that are asked for during the start go first.
    await wait(lookEveryMs)
    while (!stop.signal.aborted) {
      // A failed read is repeated later.
      const more = await look().catch(() => undefined)
      if (more === false) {
        complete = true
        forget()
      }
      await wait(more ? restMs : lookEveryMs)
    }
  }
  const following = follow()

  return {
    /** Counts of the last `length` steps of `hoursEach` hours, oldest first. */
    series: (tenant: string, hoursEach: number, length: number): Counts[] => {
      const ofApp = hours.get(tenant)
      const end = Math.floor(hourOf(Date.now()) / hoursEach)
      return Array.from({ length }, (_, at) => {
        const sum = none()
        const first = (end - length + 1 + at) * hoursEach
        for (let it = first; it < first + hoursEach; it++) for (const kind of kinds) sum[kind] += ofApp?.get(it)?.[kind] ?? 0
        return sum
      })
    },
    bursts: bursts.of,
    complete: () => complete,
    close: async (): Promise<void> => {
      stop.abort()
      await following
    },
  }
}

export type Counters = ReturnType<typeof createCounters>
