/** Recorded events, which no call waits for: gathered for a moment, they share one look-up of
 * people, one signature and one fsync. */
import { timedOut, withTimeout } from '../../platform/deadline.ts'
import { type CallFacts, compose, type Moment, momentOf, type PseudonymousPerson, sealBefore } from '../event/compose.ts'
import { type Event, newId } from '../event/event.ts'
import { type Entry, entryOf, systemEvent } from '../store/journal-store.ts'
import { pseudonymsFor } from '../store/pseudonyms.ts'
import type { Rows, Source } from '../store/queries/source.ts'
import { maxWaiting, maxWaitingBytes } from './backlog.ts'
import type { Journal } from './journal.ts'

/** A commit costs a signature and an fsync, whatever its size. */
const gatherMs = 40
const maxGathered = 256
const lookUpMs = 2000
const closeMs = 3000

type Facts = Partial<Event> & Pick<Event, 'kind'>

interface PendingEvent {
  readonly call: CallFacts
  readonly facts: Facts
  readonly moment: Moment
  readonly bytes: number
}

/** The length of all texts. No recursion: an answer of the vendor may be deep. */
const bytesOf = (facts: CallFacts): number => {
  let bytes = 0
  const left: unknown[] = [facts]
  while (left.length > 0) {
    const it = left.pop()
    if (typeof it === 'string' || it instanceof Uint8Array) bytes += it.length
    else if (typeof it === 'object' && it !== null) for (const value of Object.values(it)) left.push(value)
  }
  return bytes
}

export function createRecorder(journal: Journal) {
  let gathered: PendingEvent[] = []
  let soon: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let [pending, pendingBytes] = [0, 0]

  const lost = ({ call, facts }: PendingEvent): Entry =>
    entryOf(systemEvent('event_lost', { kind: facts.kind, action: call.action }, journal.now()))

  /** Undefined when the event would be too long. */
  const entryFor = ({ call, facts, moment }: PendingEvent, people: readonly PseudonymousPerson[]): Entry | undefined => {
    try {
      const { event, parts, subjects } = compose(journal.sealer, call, moment, people)
      const before = sealBefore(journal.sealer, event, call.before)
      const operation = { id: newId('op'), instance: journal.instance }
      const entry = entryOf({ ...event, operation, ...before.facts, ...facts }, [...parts, ...before.parts], subjects)
      for (const person of people) person.subject = undefined
      return entry
    } catch {
      return undefined
    }
  }

  // Finds nobody while the store is away; recorded all the same, under one more pseudonym.
  const store: Pick<Source, 'select'> = {
    select: async (sql, params) => {
      if (!journal.status().open) return []
      const rows = await withTimeout(lookUpMs, journal.store.select(sql, params)).catch((): Rows => [])
      return rows === timedOut ? [] : rows
    },
  }
  const write = async (batch: readonly PendingEvent[]): Promise<void> => {
    const call = batch.map((happened) => happened.call)
    const people = await pseudonymsFor({ sealer: journal.sealer, store }, call)
    journal.appendLater(batch.map((happened, at) => entryFor(happened, people[at]!) ?? lost(happened)))
  }

  const flush = (): void => {
    clearTimeout(soon)
    soon = undefined
    if (gathered.length === 0) return
    const batch = gathered
    gathered = []
    writing = writing
      .then(() => write(batch))
      .catch(() => journal.lose(batch.length))
      .finally(() => {
        pending -= batch.length
        for (const { bytes } of batch) pendingBytes -= bytes
      })
  }

  return {
    add: (call: CallFacts, facts: Facts) => {
      const bytes = bytesOf(call)
      if (pending >= maxWaiting || pendingBytes + bytes > maxWaitingBytes) return journal.lose(1)
      pending += 1
      pendingBytes += bytes
      gathered.push({ call, facts, moment: momentOf(journal.now()), bytes })
      if (gathered.length === maxGathered) flush()
      else soon ??= setTimeout(flush, gatherMs)
    },
    /** Events that are not with the journal yet. */
    waiting: (): number => pending,
    /** Resolves when the journal has all of them. */
    close: async (): Promise<void> => {
      flush()
      if ((await withTimeout(closeMs, writing)) === timedOut) journal.lose(pending)
    },
  }
}
