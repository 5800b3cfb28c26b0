/** TABLE: the journal's read API, for `auditor` and `admin`; rows that change or reveal need
 * `admin` after a recent sign-in. */

import { z } from 'zod'
import { exampleIds } from '../contract/ids.ts'
import { notBlank } from '../contract/text.ts'
import { bodyErrors, type Endpoints, json, text } from '../http/endpoint.ts'
import { exampleView, exampleViews, SavedViewList, ViewBody } from './saved-view.ts'
import type { searchNames } from './search.ts'

const ResolveBody = z.strictObject({
  verdict: z.enum(['applied', 'not_applied', 'indeterminate']),
  note: z
    .string()
    .max(2_000)
    .refine(...notBlank)
    .optional(),
})

const actor = z.looseObject({ type: z.enum(['user', 'staff', 'service', 'system']), id: z.string() })
const target = z.looseObject({
  role: z.enum(['subject', 'surviving', 'discarded']),
  subject: z.string().optional().meta({ description: 'A pseudonym' }),
  smoochId: z.string().optional(),
})
const reason = z.object({ code: z.string().optional(), ticket: z.string().optional(), note: z.literal('sealed').optional() })
const operation = z.object({
  operation: z.string().optional(),
  index: z.int().meta({ description: 'Where it begins in the log' }),
  state: z.string(),
  time: z.iso.datetime(),
  action: z.string(),
  actor: actor.optional(),
  targets: z.array(target).optional(),
  reason: reason.optional(),
})
const event = z
  .looseObject({ id: z.string(), kind: z.string(), time: z.iso.datetime(), action: z.string() })
  .meta({ description: 'As it stands in the log; docs/journal.md lists its fields' })
const history = z.object({ operation: z.string(), state: z.string(), events: z.array(event) })

const time = '2026-11-23T09:00:00.000Z'
const action = 'delete_app_user'
const exampleEvent = { id: exampleIds.event, kind: 'intent', time, action }
const exampleHistory = { operation: exampleIds.operation, state: 'success', events: [exampleEvent] }
const exampleOperation: z.input<typeof operation> = {
  operation: exampleIds.operation,
  index: 41,
  state: 'success',
  time,
  action,
  ...{
    actor: { type: 'staff', id: 'ada' },
    targets: [{ role: 'subject', smoochId: '5963c0d619a30a2e00de36b8' }],
    reason: { code: 'privacy' },
  },
}

const checked = z.object({
  at: z.iso.datetime(),
  ok: z.boolean(),
  size: z.int(),
  root: z.string(),
  milliseconds: z.number(),
  findings: z.array(z.string()).meta({ description: 'What is wrong, in words' }),
  failure: z.string().optional().meta({ description: 'Why it could not be checked' }),
})
const exampleCheck = { at: time, ok: true, size: 42, root: 'q1Zx0v9bS2k=', milliseconds: 12, findings: [] }

const words: Readonly<Record<(typeof searchNames)[number], readonly [string, string]>> = {
  q: ['A search as the page has it; it is read beside the words that follow', 'action:delete,merge -state:success from:7d'],
  target: ['A userId or the vendor’s _id of a person acted on', 'cust-20481'],
  actor: ['Who acted: an id of staff or of a program, or a userId', 'ada'],
  action: ['An operation id or its short name', 'delete'],
  state: ['A state of operations; open: those that still need a look', 'open'],
  ticket: ['From Audit-Ticket', 'PRIV-12'],
  from: ['A day or a time, in UTC without a zone', '2026-11-01'],
  to: ['A day, which is included, or a time', '2026-11-30'],
  cursor: ['The value of next in the page before', '41'],
  limit: ['How many at most', '50'],
}
const from = ['The index in the log to begin with', '0'] as const
/** Who may read the journal. */
export const readers = ['auditor', 'admin'] as const
const auditors = { tag: 'Console', by: 'session', roles: readers, limit: 'reads' } as const
const read = { ...auditors, csrf: true, method: 'get', head: true, errors: [400, 401, 403, 404, 429, 503] } as const
/** Opened by a link of the page, which sends no header. */
const download = { ...auditors, method: 'get', errors: [400, 401, 403, 404, 429, 503] } as const
const check = { ...auditors, csrf: true, method: 'post', errors: [400, 401, 403, 404, 409, ...bodyErrors, 429, 503] } as const
const change = { ...check, roles: ['admin'], recentSignIn: true } as const

export const apiEndpoints = {
  list_operations: {
    ...read,
    path: '/ops/api/operations',
    summary: 'Search operations, the newest first.',
    query: words,
    answers: {
      200: {
        description: 'One page; next is the cursor of the page after it',
        content: json(z.object({ operations: z.array(operation), next: z.union([z.string(), z.int()]).optional() }), {
          operations: [exampleOperation],
        }),
      },
    },
  },
  show_operation: {
    ...read,
    path: '/ops/api/operations/:id',
    summary: 'All events of one operation.',
    answers: { 200: { description: 'Its state and its events', content: json(history, exampleHistory) } },
  },
  resolve_operation: {
    ...change,
    path: '/ops/api/operations/:id/resolve',
    summary: 'Settle an operation of unknown outcome by hand.',
    body: { required: true, content: json(ResolveBody, { verdict: 'applied', note: 'Seen in the dashboard' }) },
    answers: { 200: { description: 'The operation as it stands now', content: json(history, exampleHistory) } },
  },
  reveal_operation: {
    ...change,
    path: '/ops/api/operations/:id/reveal',
    summary: 'Show the personal data of one operation. That it was shown is recorded first.',
    answers: {
      200: {
        description:
          'Who, from where, and what stood there before: of an update `before` and `after` of what it wrote; absent once it has expired or was erased',
        content: json(z.object({ operation: z.string(), personal: z.unknown() }), {
          operation: exampleIds.operation,
          personal: { ip: '192.0.2.7' },
        }),
      },
    },
  },
  list_events: {
    ...read,
    path: '/ops/api/events',
    summary: 'Read the log in its own order.',
    query: { from, limit: ['How many at most, up to 500', '100'] },
    answers: {
      200: {
        description: 'Events of this app; next is the index to go on with',
        content: json(z.object({ events: z.array(z.object({ index: z.int(), event })), next: z.int() }), {
          events: [{ index: 41, event: exampleEvent }],
          next: 42,
        }),
      },
    },
  },
  show_event: {
    ...read,
    path: '/ops/api/events/:id',
    summary: 'One event.',
    answers: { 200: { description: 'The event', content: json(z.object({ index: z.int(), event }), { index: 41, event: exampleEvent }) } },
  },
  prove_event: {
    ...download,
    head: true,
    path: '/ops/api/events/:id/proof',
    summary: 'A proof that the event is in the log (C2SP tlog-proof), to be checked without this service.',
    answers: { 200: { description: 'A file', headers: ['Content-Disposition'], content: text('text/plain') } },
  },
  show_checkpoint: {
    ...download,
    head: true,
    path: '/ops/api/checkpoint',
    summary: 'The latest signed checkpoint of the log (C2SP tlog-checkpoint).',
    answers: { 200: { description: 'A signed note; empty before the first', content: text('text/plain') } },
  },
  show_journal_status: {
    ...read,
    path: '/ops/api/status',
    summary: 'Whether guarded calls are let through, and how long the log is.',
    answers: {
      200: {
        description: 'The state of the gate',
        content: json(z.looseObject({ open: z.boolean(), size: z.int() }), { open: true, size: 42 }),
      },
    },
  },
  // The browser opens it again by itself, as often as a proxy cuts it.
  stream_events: {
    ...download,
    background: true,
    path: '/ops/api/stream',
    summary: 'Events as they are appended (server-sent events); Last-Event-ID goes on where it broke off.',
    query: { from },
    answers: { 200: { description: 'A stream', content: text('text/event-stream') } },
  },
  export_journal: {
    ...download,
    path: '/ops/api/export',
    summary: 'The log, or what a search finds in it, as a file.',
    query: { ...words, format: ['ndjson or csv', 'csv'] },
    answers: {
      200: { description: 'A file', headers: ['Content-Disposition'], content: { ...text('application/x-ndjson'), ...text('text/csv') } },
    },
  },
  list_views: {
    ...read,
    path: '/ops/api/views',
    summary: 'The searches that you have saved.',
    answers: { 200: { description: 'Your own, at most 20', content: json(SavedViewList, exampleViews) } },
  },
  save_view: {
    ...check,
    method: 'put',
    path: '/ops/api/views',
    summary: 'Save a search under a name; one of the same name is replaced.',
    body: { required: true, content: json(ViewBody, exampleView) },
    answers: { 200: { description: 'All that you have saved', content: json(SavedViewList, exampleViews) } },
  },
  remove_view: {
    ...check,
    method: 'delete',
    path: '/ops/api/views/:id',
    summary: 'Remove a saved search.',
    answers: { 200: { description: 'Those that are left', content: json(SavedViewList, exampleViews) } },
  },
  verify_journal: {
    ...check,
    path: '/ops/api/verify',
    summary: 'Check the whole log now.',
    answers: { 200: { description: 'What was found', content: json(checked, exampleCheck) } },
  },
  download_envelope: {
    ...download,
    path: '/ops/api/envelope',
    summary: 'What a search finds, for people and as signed, with proofs, key and a program that checks them.',
    query: words,
    answers: {
      200: { headers: ['Content-Disposition'], description: 'A tar.gz of at most 2,000 operations', content: text('application/gzip') },
    },
  },
} as const satisfies Endpoints
