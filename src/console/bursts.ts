/** Bursts: who made more guarded calls within some minutes than is allowed for. */
import type { Event } from '../journal/event/event.ts'

export interface Burst {
  readonly actor: string
  readonly tenant: string
  readonly count: number
  readonly minutes: number
  readonly at: string
}

export interface BurstLimit {
  readonly calls: number
  readonly minutes: number
}

const day = 24 * 3_600_000

export const createBursts = ({ calls, minutes }: BurstLimit, began: (burst: Burst, event: Event, index: number) => void) => {
  const recent = new Map<string, number[]>()
  const bursts = new Map<string, Burst>()
  const windowMs = minutes * 60_000

  return {
    windowMs,
    watch: (event: Event, index: number): void => {
      if (event.kind !== 'intent' || !event.actor || event.tenant === undefined) return
      const key = `${event.tenant}\0${event.actor.type}\0${event.actor.id}`
      const time = Date.parse(event.time)
      const within = (recent.get(key) ?? []).filter((at) => time - at < windowMs)
      recent.set(key, [...within, time])
      if (within.length < calls) return
      const known = bursts.get(key)
      const begins = known === undefined || Math.abs(time - Date.parse(known.at)) > windowMs
      const burst = { actor: event.actor.id, tenant: event.tenant, count: within.length + 1, minutes, at: event.time }
      bursts.set(key, burst)
      if (begins) began(burst, event, index)
    },
    forget: (): void => {
      for (const [key, times] of recent) if (Date.now() - times.at(-1)! > windowMs) recent.delete(key)
      for (const [key, { at }] of bursts) if (Date.now() - Date.parse(at) > day) bursts.delete(key)
    },
    of: (tenant: string): Burst[] => [...bursts.values()].filter((burst) => burst.tenant === tenant),
  }
}
