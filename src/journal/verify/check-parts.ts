/** Verification of what is sealed beside the events: it fits their commitments, is kept as long as
 * they say, and is gone only when its time is over or an erasure says so. */
import { type Event, tokensOf } from '../event/event.ts'
import { lifetimes } from '../event/lifetimes.ts'
import { type Part, type Sealer, unknownKey } from '../event/seal.ts'
import { latestMoment } from '../store/queries/log.ts'
import { eventsOfOperations } from '../store/queries/operations.ts'
import { partsBetween } from '../store/queries/people.ts'
import type { Source } from '../store/queries/source.ts'
import type { Page } from './check-indexes.ts'
import type { Erasures } from './erasures.ts'
import type { Find } from './findings.ts'
import { readEvent } from './signed-tree.ts'

const day = 86_400_000

type Name = Part['part']
const names = ['person', 'before', 'answer'] as const satisfies readonly Name[]

const commitmentOf = (event: Event | undefined, part: Name): string | undefined =>
  ({ person: event?.sealed, before: event?.before?.commitment, answer: event?.answer })[part]

/** Until when the part is kept, by what was signed. */
const untilOf = ({ time, before }: Event, part: Name): number =>
  part === 'before' ? Date.parse(before?.until ?? '') : Date.parse(time) + lifetimes[part === 'person' ? 'person' : 'repeat']

/** Names by which an erasure finds the part; of the actor it takes only what is personal. */
const namesIn = (event: Event, part: Name): string[] => [...tokensOf(event), ...(part === 'person' && event.actor ? [event.actor.id] : [])]

interface Row {
  readonly index: number
  readonly event: Event
}

export async function checkParts(store: Source, sealer: Sealer | undefined, erasures: Erasures, find: Find) {
  // A service whose clock was ahead erases by that clock, and its events bear such times.
  const now = Math.max(Date.now(), Date.parse((await latestMoment(store)) ?? '') || 0)

  const checkThere = (part: Part, { index, event }: Partial<Row>): void => {
    if (sealer && !sealer.knows(part.sealed)) find(unknownKey)
    else if (sealer && !sealer.openPart(part, commitmentOf(event, part.part))?.bound)
      find(`the sealed part "${part.part}" is not the one that the event committed to`, index)
    // The day of the end is all that the event says of a before-image.
    else if (event && Math.abs(part.expires - untilOf(event, part.part)) > day)
      find(`the sealed part "${part.part}" is kept for another time than the event says`, index)
  }

  const checkGone = async (gone: readonly (Row & { readonly part: Name })[]): Promise<void> => {
    const unexplained = gone.filter(({ index, event, part }) => !erasures.cover(index, namesIn(event, part)))
    // An erasure takes the parts of an operation on the person, whichever event names them.
    const operations = unexplained.flatMap(({ event }) => event.operation?.id ?? [])
    const beside = new Map<string, string[]>()
    for (let at = 0; at < operations.length; at += 200)
      for (const { operation, body } of await eventsOfOperations(store, [...new Set(operations.slice(at, at + 200))]))
        beside.set(operation, [...(beside.get(operation) ?? []), ...tokensOf(readEvent(Buffer.from(body)) ?? ({} as Event))])
    for (const { index, event, part } of unexplained)
      if (!erasures.cover(index, beside.get(event.operation?.id ?? '') ?? []))
        find(`the sealed part "${part}" is gone before its time, and no erasure took it`, index)
  }

  return async ({ from, to, rows }: Page): Promise<void> => {
    const owners = new Map(rows.map((row) => [row.event.id, row]))
    const there = new Set<string>()
    for (const part of await partsBetween(store, from, to)) {
      there.add(`${part.event} ${part.part}`)
      checkThere(part, owners.get(part.event) ?? {})
    }
    await checkGone(
      rows.flatMap((row) =>
        names
          .filter((part) => commitmentOf(row.event, part) !== undefined && !there.has(`${row.event.id} ${part}`))
          .filter((part) => untilOf(row.event, part) - day > now)
          .map((part) => ({ ...row, part })),
      ),
    )
  }
}
