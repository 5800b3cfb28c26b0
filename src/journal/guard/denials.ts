/** Denied attempts: an event each, up to twenty a minute of one actor and action; the rest of that
 * minute is one event with their number. */
import type { CallFacts } from '../event/compose.ts'

const maxEvents = 20
const minuteMs = 60_000
const maxActors = 10_000

interface Window {
  readonly until: number
  readonly last: CallFacts
  count: number
}

export function countDenials(write: (asked: CallFacts, count?: number) => void, now: () => number = () => performance.now()) {
  const windows = new Map<string, Window>()
  const flush = (key: string, { last, count }: Window): void => {
    windows.delete(key)
    if (count > maxEvents) write(last, count - maxEvents)
  }
  const sweep = (): void => {
    for (const [key, window] of windows) if (window.until <= now()) flush(key, window)
  }
  const timer = setInterval(sweep, 1000).unref()

  return {
    add: (asked: CallFacts): void => {
      const { actor, tenant, action } = asked
      const name = JSON.stringify([tenant, actor.type, actor.id, actor.userId, action])
      // Above the maximum of actors, which is a flood, the rest share one window.
      const key = windows.has(name) || windows.size < maxActors ? name : 'others'
      const open = windows.get(key)
      if (open && open.until <= now()) flush(key, open)
      const window = windows.get(key) ?? { until: now() + minuteMs, last: asked, count: 0 }
      windows.set(key, window)
      window.count += 1
      if (window.count <= maxEvents) write(asked)
    },
    close: (): void => {
      clearInterval(timer)
      for (const [key, window] of windows) flush(key, window)
    },
  }
}
