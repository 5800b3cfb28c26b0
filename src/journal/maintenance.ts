/** Maintenance by people: to erase, prune, accept a rollback, resolve. Each leaves an event. */

import { decode, type Event, isOpen, newId, type Verdict } from './event/event.ts'
import { lifetimes } from './event/lifetimes.ts'
import type { Sealer } from './event/seal.ts'
import { type Anchor, markOf } from './log/anchor.ts'
import { peaks } from './log/tree.ts'
import { contradicts, missing } from './store/continuity.ts'
import { historyOf } from './store/history.ts'
import { entryOf, type Result, type Store, systemEvent } from './store/journal-store.ts'
import { namesOf } from './store/names.ts'
import { batchEndBefore, type EventRow, latestCheckpoint, lowestSince, systemEvents, treeHead } from './store/queries/log.ts'
import { oldestOpen } from './store/queries/operations.ts'
import { areKnownIn, pseudonymsAmong, pseudonymsAt, recordedAmong } from './store/queries/people.ts'
import { treeOf } from './store/stored-tree.ts'

const write = async (store: Store, event: Event): Promise<Result> => (await store.commit([entryOf(event)])).results[0]!

/** Checked first: an event must not tell of what could not be done. */
const requireOwner = async (store: Store): Promise<void> => {
  if (!(await store.mayRemove()))
    throw new Error('only the owner of the tables in PostgreSQL may erase and prune: run the command with the owner in JOURNAL_URL')
}

/** Removes a person's names, addresses and images; the events stay provable. Undefined, with
 * nothing written, when nobody has this name. */
export async function erasePerson(
  store: Store,
  sealer: Sealer,
  tenant: string,
  person: string,
  by: string,
): Promise<{ subjects: number; parts: number } | undefined> {
  await requireOwner(store)
  const names = await namesOf(store, sealer, tenant, person)
  if (!(await isKnown(store, sealer, tenant, person, names))) {
    // Repeated each time: an earlier try may have left bytes in a write-ahead log that was read.
    await store.erase(names)
    return undefined
  }
  const subjects = await pseudonymsAmong(store, names)
  // Staff, and users known by `_id` alone, have no pseudonym; sealed parts go by these too.
  const ids = (await recordedAmong(store, names)).filter((name) => !subjects.includes(name))
  // The event first: names that are missing without it look like tampering.
  await write(store, { ...systemEvent('erased'), kind: 'erased', action: 'erase', tenant, by, facts: { subjects, ids } })
  return store.erase(names)
}

/** True for a userId of this app, or a name in its events; another app's `_id` does not count. */
const isKnown = async (store: Store, sealer: Sealer, tenant: string, person: string, names: readonly string[]): Promise<boolean> =>
  (await pseudonymsAt(store, sealer.lookup(tenant, person))).length > 0 || (await areKnownIn(store, tenant, names))

interface PruneRange {
  readonly from: number
  readonly to: number
}

/** The range that can be pruned: whole batches older than the time, without open operations. */
export async function pruneRangeBefore(store: Store, time: Date): Promise<PruneRange> {
  await requireOwner(store)
  const { cut, size } = await treeHead(store)
  const young = await lowestSince(store, time.toISOString())
  const open = await oldestOpen(store)
  const whole = await batchEndBefore(store, Math.min(young ?? size, open ?? size))
  return { from: cut, to: Math.max(cut, whole ?? cut) }
}

/** After the export, whose SHA-256 is `digest`. The event's frontier proves every later root. */
export async function prune(store: Store, { from, to }: PruneRange, digest: string, by: string): Promise<number> {
  if (to <= from) return 0
  // Another prune meanwhile would have taken events from under the export.
  const { cut } = await treeHead(store)
  if (cut !== from)
    throw new Error(
      `another prune has gone on to event ${cut} meanwhile, so the file may lack events: run the command again, with another file`,
    )
  const hashOf = treeOf(store)
  const nodes = await Promise.all(peaks(to).map(async (peak) => ({ ...peak, hash: await hashOf(peak.level, peak.position) })))
  const frontier = nodes.map(({ hash }) => hash.toString('base64'))
  const key = await keyAt(store, to)
  await write(store, { ...systemEvent('pruned', { from, to, frontier, key, digest }), by })
  return store.prune(to, nodes)
}

/** The public key in force for the batch that begins at this size. */
async function keyAt(store: Store, size: number): Promise<string> {
  const before = ({ index }: EventRow): boolean => index < size
  const named = (await systemEvents(store, 'created', 'key_rotated')).findLast(before)
  const pruned = named ? [] : await systemEvents(store, 'pruned')
  const event = named ?? pruned.findLast(before) ?? pruned[0]
  return String(decode(event!.body).facts?.['key'])
}

/** Sets the anchor back to the end of the log, and records the loss: events before, if known, and
 * now, or a whole journal. Undefined, with nothing written, when nothing was lost. */
export async function acceptRollback(store: Store, anchor: Anchor, by: string) {
  const lostJournal = await missing(store, anchor)
  const highest = await anchor.highest(lostJournal ?? store.journal)
  if (lostJournal === undefined && (await contradicts(store, highest)) === undefined) return undefined
  const { size } = await treeHead(store)
  const loss = { from: highest?.size ?? null, to: size, lostRoot: highest?.root ?? null, ...(lostJournal !== undefined && { lostJournal }) }
  await write(store, { ...systemEvent('rollback_accepted', { ...loss }), by })
  await anchor.reset(store.journal, markOf((await latestCheckpoint(store))!))
  await anchor.use(store.journal)
  return loss
}

/** Records that personal data leaves by the command line; to be awaited before it does. */
export async function recordView(store: Store, { id, action, tenant, operation }: Event, by: string): Promise<void> {
  const event = { ...systemEvent('viewed', { operation: operation?.id, event: id }), kind: 'viewed', action, by } as const
  await write(store, { ...event, ...(tenant !== undefined && { tenant }) })
}

/** A person's verdict on an operation that the reconciler could not decide. `signedIn`: time of
 * sign-in, unknown at the command line. */
export async function resolveByHand(
  store: Store,
  sealer: Sealer,
  operation: string,
  verdict: Verdict,
  by: string,
  note?: string,
  signedIn?: string,
): Promise<boolean> {
  const history = await historyOf(store, operation)
  const intent = history?.events[0]
  if (!intent || !isOpen(history.state)) return false
  const { action, tenant, actor } = intent.event
  const id = newId('evt')
  const sealed = note === undefined ? undefined : sealer.part(id, 'person', { note }, Date.now() + lifetimes.person)
  const event: Event = {
    v: 1,
    id,
    kind: 'resolved',
    time: new Date().toISOString(),
    action,
    ...(tenant !== undefined && { tenant }),
    operation: { id: operation },
    verdict,
    // `own`: the judge is the actor. Allowed, but a reader should see it.
    evidence: { source: 'person', ...(signedIn !== undefined && { signedIn }), ...(actor?.id === by && { own: true }) },
    by,
    intentIndex: intent.index,
    ...(sealed && { sealed: sealed.commitment }),
  }
  const { results } = await store.commit([entryOf(event, sealed ? [sealed.row] : [])])
  return results[0]?.refused === undefined
}
