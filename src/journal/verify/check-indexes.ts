/** The tables beside the events, compared page by page with what the events say: columns, targets, operations, sealed parts. */
import { type Event, tokensOf } from '../event/event.ts'
import { type Sealer, unknownKey } from '../event/seal.ts'
import { partOf } from '../guard/idempotency.ts'
import type { Find } from '../log/signed-tree.ts'
import { type Frontier, peaks } from '../log/tree.ts'
import type { Store, Value } from '../store/contract.ts'

export interface Page {
  readonly from: number
  readonly to: number
  readonly rows: { readonly index: number; readonly event: Event; readonly row: Record<string, Value> }[]
}

const columnsOf = (event: Event): Record<string, string | null> => ({
  id: event.id,
  op: event.operation?.id ?? null,
  kind: event.kind,
  action: event.action,
  time: event.time,
  actor: event.actor?.id ?? null,
  key: event.operation?.key ?? null,
  ticket: event.reason?.ticket ?? null,
  app: event.tenant ?? null,
})

const beginsOperation = ({ kind, recorded, operation }: Event): boolean =>
  operation !== undefined && (kind === 'intent' || kind === 'denied' || recorded === true)

export async function checkIndexes(
  store: Store,
  { from, to, rows }: Page,
  sealer: Sealer | undefined,
  find: (what: string, index?: number) => void,
): Promise<void> {
  for (const { index, event, row } of rows)
    for (const [name, value] of Object.entries(columnsOf(event)))
      if (name in row && row[name] !== value) find(`the column ${name} contradicts the event`, index)

  const targets = new Set(
    (await store.select('SELECT token, seq FROM target WHERE seq >= $1 AND seq < $2', [from, to])).map(
      (row) => `${Number(row['seq'])} ${String(row['token'])}`,
    ),
  )
  for (const { index, event } of rows)
    for (const token of tokensOf(event)) if (!targets.delete(`${index} ${token}`)) find('a search by target would miss this event', index)
  for (const stray of targets) find('a search by target would find an event that does not name it', Number(stray.split(' ')[0]))

  const operations = new Map(
    (await store.select('SELECT op, seq, app FROM operation WHERE seq >= $1 AND seq < $2', [from, to])).map((row) => [
      Number(row['seq']),
      { op: String(row['op']), app: row['app'] },
    ]),
  )
  for (const { index, event } of rows)
    if (beginsOperation(event)) {
      const found = operations.get(index)
      if (found?.op !== event.operation!.id) find('the table of operations lacks this one', index)
      else if (found.app !== (event.tenant ?? null)) find('a search within its app would miss this operation', index)
      operations.delete(index)
    }
  for (const [index] of operations) find('the table of operations holds one that no event begins', index)

  if (sealer) await checkParts(store, sealer, { from, to, rows }, find)
}

/** What is there must be what the event committed to; what was erased or has expired is simply gone. */
async function checkParts(
  store: Store,
  sealer: Sealer,
  { from, to, rows }: Page,
  find: (what: string, index?: number) => void,
): Promise<void> {
  const events = new Map(rows.map((row) => [row.event.id, row]))
  const parts = await store.select(
    'SELECT s.event, s.part, s.expires, s.salt, s.sealed FROM snapshot s JOIN event e ON e.id = s.event WHERE e.seq >= $1 AND e.seq < $2',
    [from, to],
  )
  for (const row of parts) {
    const part = partOf(row)
    if (!sealer.knows(part.sealed)) {
      find(unknownKey)
      continue
    }
    const owner = events.get(part.event)
    const committed = { person: owner?.event.sealed, before: owner?.event.before?.commitment, answer: owner?.event.answer }[part.part]
    if (!sealer.openPart(part, committed)?.bound)
      find(`the sealed part "${part.part}" is not the one that the event committed to`, owner?.index)
  }
}

/** The kept hashes of the tree, which proofs are made of. */
export async function checkNodes(
  store: Store,
  grown: ReadonlyMap<string, Buffer>,
  start: Frontier,
  cut: number,
  find: Find,
): Promise<void> {
  const expected = new Map(grown)
  peaks(cut).forEach(({ level, position }, at) => {
    expected.set(`${level}/${position}`, start.hashes[at] ?? Buffer.alloc(0))
  })
  const found = new Map<string, Uint8Array>()
  for (const row of await store.select('SELECT level, position, hash FROM node'))
    found.set(`${Number(row['level'])}/${Number(row['position'])}`, row['hash'] as Uint8Array)
  for (const [name, hash] of expected) {
    const node = found.get(name)
    if (!node || !hash.equals(node)) return find(`the node ${name} of the tree is not what the events give`)
  }
}
