/** The export: every event in order, page by page in bounded memory, and last the checkpoint that
 * proves them. */
import { printable } from '../platform/printable.ts'
import { line } from './csv.ts'
import { decode, type Event } from './event/event.ts'
import type { Sealer } from './event/seal.ts'
import { checkpointFrom, eventsFrom, eventsOfApp, latestCheckpoint, treeHead } from './store/queries/log.ts'
import { eventsOfOperations } from './store/queries/operations.ts'
import type { Source } from './store/queries/source.ts'
import { type Filter, type OperationRow, operations } from './store/search.ts'

export interface ExportOptions {
  readonly format: 'ndjson' | 'csv'
  readonly from?: number
  /** Exclusive. */
  readonly to?: number
  /** Only events of this app; the file then proves less. */
  readonly tenant?: string
}

const PAGE = 200

const columns: Readonly<Record<string, (event: Event) => unknown>> = {
  id: (event) => event.id,
  time: (event) => event.time,
  kind: (event) => event.kind,
  action: (event) => event.action,
  operation: (event) => event.operation?.id,
  result: (event) => event.outcome ?? event.verdict,
  actor_type: (event) => event.actor?.type,
  actor: (event) => event.actor?.id ?? event.by,
  on_behalf_of: (event) => event.actor?.onBehalfOf,
  roles: (event) => event.actor?.roles?.join(' '),
  targets: (event) => event.targets?.map(({ role, smoochId, subject }) => `${role}:${smoochId ?? subject ?? '?'}`).join(' '),
  subjects: (event) => event.targets?.map(({ subject }) => subject ?? '').join(' '),
  reason: (event) => event.reason?.code,
  ticket: (event) => event.reason?.ticket,
  upstream_status: (event) => event.upstream?.status,
  ip_net: (event) => event.context?.['ipNet'],
  request_id: (event) => event.context?.['requestId'],
  tenant: (event) => event.tenant,
}

/** Lines with line feeds. In ndjson, the lines of events are the signed bytes. */
export async function* exportLines(store: Source, { format, from, to, tenant }: ExportOptions): AsyncGenerator<string> {
  const { size, cut } = await treeHead(store)
  const end = Math.min(to ?? size, size)
  if (format === 'csv') yield line(['index', ...Object.keys(columns)])
  for (let next = Math.max(from ?? cut, cut); next < end; ) {
    const rows = await (tenant === undefined ? eventsFrom(store, next, PAGE, end) : eventsOfApp(store, tenant, next, PAGE, end))
    if (rows.length === 0) break
    yield rows.map(({ index, body }) => (format === 'csv' ? csvLine(index, decode(body)) : `${body}\n`)).join('')
    next = rows.at(-1)!.index + 1
  }
  // Not the latest, which others may have moved on: its root would be that of more events.
  const note = await checkpointFrom(store, end)
  if (note !== undefined) yield format === 'csv' ? line(['checkpoint', note]) : `${JSON.stringify({ checkpoint: note })}\n`
}

export interface FoundExport {
  readonly format: 'ndjson' | 'csv'
  readonly filter: Filter
}

/** Events of the operations found, the newest operation first. */
export async function* exportFound(store: Source, sealer: Sealer, { format, filter }: FoundExport): AsyncGenerator<string> {
  if (format === 'csv') yield line(['index', ...Object.keys(columns)])
  let cursor = filter.cursor
  do {
    const { rows, next } = await operations(store, sealer, { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) })
    yield await linesOf(store, format, rows)
    cursor = next
  } while (cursor !== undefined)
  const note = await latestCheckpoint(store)
  if (note !== undefined) yield format === 'csv' ? line(['checkpoint', note]) : `${JSON.stringify({ checkpoint: note })}\n`
}

async function linesOf(store: Source, format: 'ndjson' | 'csv', operations: readonly OperationRow[]): Promise<string> {
  const lines = new Map<string, string[]>(operations.map(({ id }) => [id, []]))
  for (const { operation, index, body } of await eventsOfOperations(store, [...lines.keys()]))
    lines.get(operation)?.push(format === 'csv' ? csvLine(index, decode(body)) : `${body}\n`)
  return [...lines.values()].flat().join('')
}

const csvLine = (index: number, event: Event): string =>
  line([index, ...Object.values(columns).map((read) => printable(String(read(event) ?? '')))])
