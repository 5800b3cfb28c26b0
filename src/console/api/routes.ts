/** The journal's read API, for the roles `auditor` and `admin`: `/ops/api` below the base path.
 * What changes or reveals needs `admin`. */
import type { Router } from 'express'
import { faultIn } from '../../contract/field-faults.ts'
import { Problem } from '../../contract/problems.ts'
import { callFactsOf } from '../../gateway/call-facts.ts'
import { untilDrained } from '../../http/backpressure.ts'
import { type CheckedRequest, handledRoutes } from '../../http/endpoint-handler.ts'
import type { Journal } from '../../journal/append/journal.ts'
import { decode, isFor } from '../../journal/event/event.ts'
import { exportFound, exportLines } from '../../journal/export.ts'
import { wholeNumber } from '../../journal/filter.ts'
import { resolveByHand } from '../../journal/maintenance.ts'
import type { Readers, Reading } from '../../journal/readers.ts'
import { historyOf, personalOf } from '../../journal/store/history.ts'
import { eventOf, eventsOfApp, latestCheckpoint } from '../../journal/store/queries/log.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { type OperationRow, operations } from '../../journal/store/search.ts'
import { proofOf } from '../../journal/store/stored-tree.ts'
import type { Session } from '../../session/record.ts'
import { type AuthorizationParts, createAuthorization, stillReads } from '../authorization.ts'
import { apiEndpoints } from '../endpoints.ts'
import { createEnvelopeDownload, type EnvelopeParts } from '../envelope/download.ts'
import { fileName } from '../file-name.ts'
import type { Integrity } from '../integrity.ts'
import type { SavedViews } from '../saved-views.ts'
import { searchIn } from '../search.ts'
import { streamEvents } from './stream.ts'
import { createTail } from './tail.ts'

/** An operation as readers get it; the log holds no personal data in the clear. */
const viewOf = ({ id, index, state, opened }: OperationRow) => {
  const { time, action, actor, targets, reason } = opened
  return { operation: id, index, state, time, action, actor, targets, reason }
}

/** All events of one operation; undefined when this app has no such operation. */
const historyView = async (store: Source, tenant: string, operation: string) => {
  const history = await historyOf(store, operation)
  if (!history || history.events[0]?.event.tenant !== tenant) return undefined
  return { operation, state: history.state, events: history.events.map(({ index, event }) => ({ index, ...event })) }
}

interface ApiParts extends AuthorizationParts {
  readonly journal: Journal
  readonly readers: Readers
  readonly integrity: Pick<Integrity, 'run'>
  readonly keys: EnvelopeParts['keys']
  readonly savedViews: SavedViews
  readonly draining: () => boolean
}

export const apiRoutes = ({ sessions, guard, journal, readers, integrity, keys, savedViews, draining }: ApiParts): Router => {
  const { sealer } = journal
  const { source, bulk } = readers
  const tail = createTail(source)

  type Rows = typeof apiEndpoints
  type Work<Id extends keyof Rows> = (checked: CheckedRequest<Rows[Id], Session>) => Promise<unknown>
  /** Work in the caller's turn to read. */
  const inTurn =
    <Id extends keyof Rows>(reading: Reading, work: Work<Id>): Work<Id> =>
    (checked) =>
      readers.during(reading, checked.who, () => work(checked))

  const ownEvent = async (session: Session, id: string) => {
    const found = await eventOf(source, id)
    const event = found && decode(found.body)
    if (!found || !event || !isFor(session.app, event)) throw new Problem('operation_not_found')
    return { index: found.index, event }
  }
  const ownHistory = async (session: Session, id: string) => {
    const history = await historyView(source, session.app, id)
    if (!history) throw new Problem('operation_not_found')
    return history
  }

  const exported: Work<'export_journal'> = async ({ who: session, query: { format = 'ndjson', ...words }, req, res }) => {
    if (format !== 'ndjson' && format !== 'csv') throw faultIn('query', ['format'], 'ndjson or csv.')
    const filter = searchIn(words, session.app)
    const lines =
      Object.keys(words).length > 0 ? exportFound(bulk, sealer, { format, filter }) : exportLines(bulk, { format, tenant: session.app })
    res.setHeader('Content-Disposition', `attachment; filename="${fileName('journal', session.app, words)}.${format}"`)
    res.type(format === 'csv' ? 'text/csv' : 'application/x-ndjson')
    const mayGoOn = stillReads(sessions, req)
    for await (const chunk of lines) {
      if (res.destroyed) return
      // Cut, since an end in order would be taken for that of the whole.
      if (!(await mayGoOn())) return void res.destroy()
      res.write(chunk)
      await untilDrained(res)
    }
    res.end()
  }

  const works = {
    list_operations: inTurn<'list_operations'>('search', async ({ who, query }) => {
      const { rows, next } = await operations(source, sealer, searchIn(query, who.app))
      return { operations: rows.map(viewOf), ...(next !== undefined && { next }) }
    }),

    show_operation: inTurn<'show_operation'>('search', ({ who, params }) => ownHistory(who, params['id']!)),

    resolve_operation: async ({ who, params, body: { verdict, note } }) => {
      const id = params['id']!
      await ownHistory(who, id)
      const signedIn = new Date(who.authTime * 1000).toISOString()
      if (!(await resolveByHand(journal.store, sealer, id, verdict, who.actor.id, note, signedIn))) throw new Problem('operation_not_open')
      return await historyView(source, who.app, id)
    },

    /** Personal data of an operation: person, address, before-image. Recorded before shown. */
    reveal_operation: async ({ who: session, params, req, res }) => {
      const id = params['id']!
      const [opened] = (await ownHistory(session, id)).events
      if (!opened) throw new Problem('operation_not_found')
      const about = { session, operation: { id: opened.action }, targets: [], requestId: String(res.locals['requestId']) }
      await guard.viewed(callFactsOf(req, about), { operation: id })
      return { operation: id, personal: await personalOf({ store: source, sealer }, opened) }
    },

    list_events: inTurn<'list_events'>('search', async ({ who, query: { from, limit } }) => {
      const first = wholeNumber('from', from) ?? 0
      const rows = await eventsOfApp(source, who.app, first, Math.min(wholeNumber('limit', limit) ?? 100, 500))
      const shown = rows.map(({ index, body }) => ({ index, event: decode(body) }))
      return { events: shown, next: (rows.at(-1)?.index ?? first - 1) + 1 }
    }),

    show_event: inTurn<'show_event'>('search', ({ who, params }) => ownEvent(who, params['id']!)),

    prove_event: inTurn<'prove_event'>('search', async ({ who, params, res }) => {
      const { id } = (await ownEvent(who, params['id']!)).event
      res.setHeader('Content-Disposition', `attachment; filename="${id}.tlog-proof"`)
      res.type('text/plain').send(await proofOf(source, id))
    }),

    show_checkpoint: inTurn<'show_checkpoint'>('search', async ({ res }) => {
      res.type('text/plain').send((await latestCheckpoint(source)) ?? '')
    }),

    show_journal_status: inTurn<'show_journal_status'>('search', async () => ({
      ...guard.status(),
      checkpoint: await latestCheckpoint(source).catch(() => undefined),
    })),

    stream_events: inTurn<'stream_events'>('stream', async ({ who, query, req, res }) => {
      const from = wholeNumber('from', query.from)
      await streamEvents(tail, req, res, {
        tenant: who.app,
        ...(from !== undefined && { from }),
        bulk,
        draining,
        mayGoOn: stillReads(sessions, req),
      })
    }),

    export_journal: inTurn('export', exported),

    list_views: async ({ who }) => ({ views: await savedViews.list(who) }),
    save_view: async ({ who, body }) => ({ views: await savedViews.save(who, body) }),
    remove_view: async ({ who, params }) => ({ views: await savedViews.remove(who, params['id']!) }),

    verify_journal: () => integrity.run(),

    download_envelope: createEnvelopeDownload({ bulk, during: readers.during, sealer, keys, sessions }),
  } satisfies { [Id in keyof Rows]: Work<Id> }

  return handledRoutes(apiEndpoints, createAuthorization({ sessions, guard }), works)
}
