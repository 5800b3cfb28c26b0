/** The watch for a session store that went back in time, as a restored snapshot does: sessions that
 * had ended live in it again, so all of them are ended. A clock that was set back is told. */
import type { Journal } from '../../journal/append/journal.ts'
import { decode } from '../../journal/event/event.ts'
import { entryOf, systemEvent } from '../../journal/store/journal-store.ts'
import { latestSystemEvent } from '../../journal/store/queries/log.ts'
import type { Alarm } from '../../platform/alarms.ts'
import { repeated } from '../../platform/repeated.ts'
import type { People } from '../../session/people.ts'
import { markTtlMs, type SessionStore } from '../../session/store/session-store.ts'

const everyMs = 2_000
const recordEveryMs = 3_600_000
/** More than a crash with `appendfsync everysec` or a failover loses. */
const toleranceMs = 10_000
/** On a Cluster each node can go back alone: the slots of these reach every one of up to six. */
const tags = [...'0123456789abcdef'].map((digit) => `clock-${digit}`)
const name = 'time'
const action = 'session_store_time'

interface Parts {
  readonly store: Pick<SessionStore, 'now' | 'get' | 'raise'>
  readonly journal: Journal
  /** By their ids. */
  readonly apps: ReadonlyMap<string, unknown>
  readonly people: Pick<People, 'endApp'>
  readonly alarm: Alarm
}

/** All times are the store's own, and go on at its pace when its clock is set back: what happened
 * since would otherwise lie before what is known. */
export const watchRollback = ({ store, journal, apps, people, alarm }: Parts): AsyncDisposable => {
  let seen: number | undefined
  let recorded = 0
  let last: { readonly now: number; readonly at: number } | undefined

  const lastRecorded = async (): Promise<number> => {
    const event = await latestSystemEvent(journal.store, action)
    return event ? Date.parse(String(decode(event.body).facts?.['time'])) : 0
  }
  const record = async (time: number): Promise<void> => {
    await journal.append(entryOf(systemEvent(action, { time: new Date(time).toISOString() }, journal.now())))
    recorded = time
  }
  const look = async (): Promise<void> => {
    // From the journal at first: the store may have gone back while nothing ran.
    seen ??= await lastRecorded()
    const highest = seen
    const now = await store.now()
    const at = performance.now()
    const passed = last ? at - last.at : 0
    const back = last ? last.now + passed - now : 0
    last = { now, at }
    if (back > toleranceMs) alarm('session_store_clock', { backSeconds: Math.round(back / 1000) })
    const stored = await Promise.all(tags.map((tag) => store.get(tag, name)))
    // A store without a time is new or empty, and has no sessions.
    const lowest = Math.min(...stored.flatMap((time) => (time === undefined ? [] : [Number(time)])))
    if (lowest < highest - toleranceMs) {
      await Promise.all([...apps.keys()].map(people.endApp))
      const facts = { from: new Date(highest).toISOString(), to: new Date(lowest).toISOString() }
      journal.appendLater([entryOf(systemEvent('session_store_rollback', facts, journal.now()))])
      alarm('session_store_rollback', facts)
    }
    const next = Math.max(highest + Math.floor(passed), now)
    // Never lowered: what a replica sent while its network was down arrives later, and others would
    // take the old time for a rollback.
    await Promise.all(tags.map((tag) => store.raise(tag, name, next, markTtlMs)))
    seen = next
    if (next - recorded > recordEveryMs) await record(next)
  }
  // A store or journal that is away is told elsewhere, and nothing is written meanwhile.
  const watch = repeated(everyMs, look)
  return {
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]()
      if (seen) await record(seen).catch(() => {})
    },
  }
}
