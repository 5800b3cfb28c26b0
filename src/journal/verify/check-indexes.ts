/** Verification of the tables beside the events, page by page: columns, targets, operations. */
import { beginsOperation, type Event, tokensOf } from '../event/event.ts'
import { type Frontier, peaks } from '../log/tree.ts'
import { treeHead } from '../store/queries/log.ts'
import type { Source } from '../store/queries/source.ts'
import { allNodes, operationsBetween, type RawEvent, targetsBetween } from '../store/queries/verification.ts'
import type { Find } from './findings.ts'

export interface Page {
  readonly from: number
  readonly to: number
  readonly rows: { readonly index: number; readonly event: Event; readonly columns: RawEvent['columns'] }[]
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

export async function checkIndexes(store: Source, { from, to, rows }: Page, find: Find): Promise<void> {
  for (const { index, event, columns } of rows)
    for (const [name, value] of Object.entries(columnsOf(event)))
      if (name in columns && columns[name] !== value) find(`the column ${name} contradicts the event`, index)

  const targets = new Set((await targetsBetween(store, from, to)).map(({ index, token }) => `${index} ${token}`))
  for (const { index, event } of rows)
    for (const token of tokensOf(event)) if (!targets.delete(`${index} ${token}`)) find('a search by target would miss this event', index)
  for (const stray of targets) find('a search by target would find an event that does not name it', Number(stray.split(' ')[0]))

  const operations = new Map((await operationsBetween(store, from, to)).map((operation) => [operation.index, operation]))
  for (const { index, event } of rows)
    if (event.operation && beginsOperation(event)) {
      const found = operations.get(index)
      if (found?.id !== event.operation.id) find('the table of operations lacks this one', index)
      else if (found.app !== (event.tenant ?? null)) find('a search within its app would miss this operation', index)
      operations.delete(index)
    }
  for (const [index] of operations) find('the table of operations holds one that no event begins', index)
}

/** Verification of the tree's stored hashes, from which proofs are made. */
export async function checkNodes(
  store: Source,
  grown: ReadonlyMap<string, Buffer>,
  start: Frontier,
  cut: number,
  upTo: number,
  find: Find,
): Promise<void> {
  const expected = new Map(grown)
  peaks(cut).forEach(({ level, position }, at) => {
    expected.set(`${level}/${position}`, start.hashes[at] ?? Buffer.alloc(0))
  })
  const nodes = await allNodes(store)
  const found = new Map(nodes.map(({ level, position, hash }) => [`${level}/${position}`, hash]))
  for (const [name, hash] of expected) {
    const node = found.get(name)
    if (!node || !hash.equals(node)) return find(`the node ${name} of the tree is not what the events give`)
  }
  // Those below the cut are of events that are gone, and those that came meanwhile of later ones.
  const { size } = await treeHead(store)
  for (const { level, position } of nodes) {
    const end = (position + 1) * 2 ** level
    const known = expected.has(`${level}/${position}`) || end <= cut || (end > upTo && end <= size)
    if (!known) return find(`the tree holds a node ${level}/${position} that no events give`)
  }
}
