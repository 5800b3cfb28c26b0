/** The export: every event in order, page by page, and last the checkpoint that proves them. */
import { printable } from '../platform/printable.ts'
import { line } from './csv.ts'
import { decode, type Event } from './event/event.ts'
import type { Sealer } from './event/seal.ts'
import { checkpointFrom, eventsFrom, eventsOfApp, latestCheckpoint, treeHead } from './store/queries/log.ts'
import { eventsOfOperations } from './store/queries/operations.ts'
import type { Source } from './store/queries/source.ts'
import { type Filter, type OperationRow, operations } from './store/search.ts'

interface ExportOptions {
  readonly format: 'ndjson' | 'csv'
  readonly from?: number
  /** Exclusive. */
  readonly to?: number
  /** Only events of this app; the file then proves less. */
  readonly tenant?: string
}

const pageSize = 200

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

interface Form {
  /** Before the first event. */
  readonly head: string
  readonly event: (row: { readonly index: number; readonly body: string }) => string
  readonly checkpoint: (note: string) => string
}

/** Lines with line feeds. In ndjson, the lines of events are the signed bytes. */
const forms: Readonly<Record<ExportOptions['format'], Form>> = {
  ndjson: { head: '', event: ({ body }) => `${body}\n`, checkpoint: (checkpoint) => `${JSON.stringify({ checkpoint })}\n` },
  csv: {
    head: line(['index', ...Object.keys(columns)]),
    event: ({ index, body }) => {
      const event = decode(body)
      return line([index, ...Object.values(columns).map((read) => printable(String(read(event) ?? '')))])
    },
    checkpoint: (note) => line(['checkpoint', note]),
  },
}

/** The lines of all events. */
export async function* exportLines(store: Source, { format, from, to, tenant }: ExportOptions): AsyncGenerator<string> {
  const { size, cut } = await treeHead(store)
  const end = Math.min(to ?? size, size)
  const form = forms[format]
  if (form.head) yield form.head
  for (let next = Math.max(from ?? cut, cut); next < end; ) {
    const rows = await (tenant === undefined ? eventsFrom(store, next, pageSize, end) : eventsOfApp(store, tenant, next, pageSize, end))
    if (rows.length === 0) break
    yield rows.map(form.event).join('')
    next = rows.at(-1)!.index + 1
  }
  // Not the latest, which others may have moved on: its root would be that of more events.
  const note = await checkpointFrom(store, end)
  if (note !== undefined) yield form.checkpoint(note)
}

interface FoundExport {
  readonly format: 'ndjson' | 'csv'
  readonly filter: Filter
}

/** Events of the operations found, the newest operation first. */
export async function* exportFound(store: Source, sealer: Sealer, { format, filter }: FoundExport): AsyncGenerator<string> {
  const form = forms[format]
  if (form.head) yield form.head
  let cursor = filter.cursor
  do {
    const { rows, next } = await operations(store, sealer, { ...filter, limit: pageSize, ...(cursor !== undefined && { cursor }) })
    yield await linesOf(store, form, rows)
    cursor = next
  } while (cursor !== undefined)
  const note = await latestCheckpoint(store)
  if (note !== undefined) yield form.checkpoint(note)
}

async function linesOf(store: Source, form: Form, operations: readonly OperationRow[]): Promise<string> {
  const lines = new Map<string, string[]>(operations.map(({ id }) => [id, []]))
  for (const row of await eventsOfOperations(store, [...lines.keys()])) lines.get(row.operation)?.push(form.event(row))
  return [...lines.values()].flat().join('')
}
