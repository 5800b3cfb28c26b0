/** The journal's read API, for the roles `auditor` and `admin`: `/ops/api` below the base path.
 * What changes or reveals needs `admin`. */
import type { Request, Response, Router } from 'express'
import type { Role } from '../../contract/operation.ts'
import { Problem } from '../../contract/problems.ts'
import { callFactsOf } from '../../gateway/call-facts.ts'
import { createUnguardedEvents } from '../../gateway/unguarded-events.ts'
import { drained } from '../../http/backpressure.ts'
import { checkBody, readJson } from '../../http/body.ts'
import { routes } from '../../http/endpoint.ts'
import { checkQuery, rawQueryOf } from '../../http/query.ts'
import { limitCalls } from '../../http/rate-limit.ts'
import type { Journal } from '../../journal/append/journal.ts'
import type { Act } from '../../journal/event/actions.ts'
import { decode, isFor } from '../../journal/event/event.ts'
import { exportFound, exportLines } from '../../journal/export.ts'
import { wholeNumber } from '../../journal/filter.ts'
import type { Guard } from '../../journal/guard/contract.ts'
import { resolveByHand } from '../../journal/maintenance.ts'
import type { Readers, Reading } from '../../journal/readers.ts'
import { personalOf } from '../../journal/store/personal.ts'
import { eventOf, eventsOfApp, latestCheckpoint } from '../../journal/store/queries/log.ts'
import { operations } from '../../journal/store/search.ts'
import { proofOf } from '../../journal/store/stored-tree.ts'
import { requireRecentSignIn } from '../../policy/decide.ts'
import type { CsrfClass } from '../../session/csrf.ts'
import type { Session, Sessions } from '../../session/sessions.ts'
import { journalEndpoints, ResolveBody } from '../endpoints.ts'
import { fileName } from '../file-name.ts'
import { searchIn, searchNames } from '../search.ts'
import { streamEvents } from './stream.ts'
import { createTail } from './tail.ts'
import { historyView, viewOf } from './views.ts'

export interface JournalRoutesParts {
  readonly sessions: Sessions
  readonly journal: Journal
  readonly guard: Guard
  readonly readers: Readers
  /** True when this process is stopping: streams end, and their readers reconnect to another
   * replica. */
  readonly draining: () => boolean
}

const holdsOneOf = (session: Session | undefined, roles: readonly Role[]): boolean =>
  session?.roles.some((role) => roles.includes(role)) === true
const auditors: readonly Role[] = ['auditor', 'admin']
const admins: readonly Role[] = ['admin']

const queryOf = (req: Request, ...optional: string[]): Record<string, string | undefined> =>
  checkQuery(rawQueryOf(req.originalUrl), [], optional)

export const journalRoutes = ({ sessions, journal, guard, readers, draining }: JournalRoutesParts): Router => {
  const { sealer } = journal
  const { source, bulk } = readers
  const tail = createTail(source)
  const { orDenied } = createUnguardedEvents(guard)

  const staff = async (req: Request, res: Response, csrf: CsrfClass): Promise<Session> => {
    const { session } = await sessions.require(req, { limit: 'reads', csrf, decide: limitCalls(req, res) })
    if (!holdsOneOf(session, auditors)) throw new Problem('forbidden')
    return session
  }

  /** Throws `forbidden` or `step_up_required` unless an admin signed in recently; a refusal is
   * recorded. */
  const requireAdmin = (req: Request, res: Response, session: Session, act: Act): void => {
    const about = { session, operation: { id: act }, targets: [], requestId: String(res.locals['requestId']) }
    orDenied(
      () => callFactsOf(req, about),
      () => {
        if (!holdsOneOf(session, admins)) throw new Problem('forbidden')
      },
    )
    requireRecentSignIn(session, Date.now())
  }
  const admin = async (req: Request, res: Response, act: Act): Promise<Session> => {
    const { session } = await sessions.require(req, { limit: 'reads', decide: limitCalls(req, res) })
    requireAdmin(req, res, session, act)
    return session
  }

  type Answer = (req: Request, res: Response, session: Session) => Promise<void>
  /** A read of the journal in the caller's turn; the session is checked first. */
  const read =
    (answer: Answer, csrf: CsrfClass = 'api', reading: Reading = 'search') =>
    async (req: Request, res: Response): Promise<void> => {
      const session = await staff(req, res, csrf)
      await readers.during(reading, session, () => answer(req, res, session))
    }

  const list: Answer = async (req, res, session) => {
    const { rows, next } = await operations(source, sealer, searchIn(queryOf(req, ...searchNames), session.app))
    res.json({ operations: rows.map(viewOf), ...(next !== undefined && { next }) })
  }

  const one: Answer = async (req, res, session) => {
    queryOf(req)
    const history = await historyView(source, session.app, String(req.params['id']))
    if (!history) throw new Problem('operation_not_found')
    res.json(history)
  }

  const events: Answer = async (req, res, session) => {
    const { from, limit } = queryOf(req, 'from', 'limit')
    const first = wholeNumber('from', from) ?? 0
    const rows = await eventsOfApp(source, session.app, first, Math.min(wholeNumber('limit', limit) ?? 100, 500))
    const shown = rows.map(({ index, body }) => ({ index, event: decode(body) }))
    res.json({ events: shown, next: (rows.at(-1)?.index ?? first - 1) + 1 })
  }

  const ownEvent = async (req: Request, session: Session) => {
    const found = await eventOf(source, String(req.params['id']))
    const event = found && decode(found.body)
    if (!found || !event || !isFor(session.app, event)) throw new Problem('operation_not_found')
    return { index: found.index, event }
  }

  const event: Answer = async (req, res, session) => {
    queryOf(req)
    res.json(await ownEvent(req, session))
  }

  const proof: Answer = async (req, res, session) => {
    queryOf(req)
    const {
      event: { id },
    } = await ownEvent(req, session)
    res.setHeader('Content-Disposition', `attachment; filename="${id}.tlog-proof"`)
    res.type('text/plain').send(await proofOf(source, id))
  }

  const checkpoint: Answer = async (req, res) => {
    queryOf(req)
    res.type('text/plain').send((await latestCheckpoint(source)) ?? '')
  }

  const status: Answer = async (req, res) => {
    queryOf(req)
    res.json({ ...guard.status(), checkpoint: await latestCheckpoint(source).catch(() => undefined) })
  }

  const stream: Answer = async (req, res, session) => {
    const from = wholeNumber('from', queryOf(req, 'from')['from'])
    await streamEvents(tail, req, res, {
      tenant: session.app,
      ...(from !== undefined && { from }),
      bulk,
      draining,
      mayGoOn: async () => holdsOneOf(await sessions.reload(session), auditors),
    })
  }

  const exported: Answer = async (req, res, session) => {
    const { format = 'ndjson', ...words } = queryOf(req, 'format', ...searchNames)
    if (format !== 'ndjson' && format !== 'csv') throw new Problem('bad_request', { detail: 'format: ndjson or csv.' })
    const filter = searchIn(words, session.app)
    const lines =
      Object.keys(words).length > 0 ? exportFound(bulk, sealer, { format, filter }) : exportLines(bulk, { format, tenant: session.app })
    res.setHeader('Content-Disposition', `attachment; filename="${fileName('journal', session.app, words)}.${format}"`)
    res.type(format === 'csv' ? 'text/csv' : 'application/x-ndjson')
    for await (const chunk of lines) {
      if (res.destroyed) return
      res.write(chunk)
      await drained(res)
    }
    res.end()
  }

  const resolve = async (req: Request, res: Response): Promise<void> => {
    const entered = await admin(req, res, 'resolve_operation')
    queryOf(req)
    const { verdict, note } = checkBody(ResolveBody, await readJson(req))
    const session = await sessions.reloadAfterBody(entered)
    requireAdmin(req, res, session, 'resolve_operation')
    const id = String(req.params['id'])
    const history = await historyView(source, session.app, id)
    if (!history) throw new Problem('operation_not_found')
    const signedIn = new Date(session.authTime * 1000).toISOString()
    if (!(await resolveByHand(journal.store, sealer, id, verdict, session.actor.id, note, signedIn)))
      throw new Problem('operation_not_open')
    res.json(await historyView(source, session.app, id))
  }

  /** Personal data of one operation: person, address, before-image. Recorded before it is shown. */
  const reveal = async (req: Request, res: Response): Promise<void> => {
    const session = await admin(req, res, 'reveal_operation')
    queryOf(req)
    const id = String(req.params['id'])
    const history = await historyView(source, session.app, id)
    const [opened] = history?.events ?? []
    if (!opened) throw new Problem('operation_not_found')
    const about = { session, operation: { id: opened.action }, targets: [], requestId: String(res.locals['requestId']) }
    await guard.viewed(callFactsOf(req, about), { operation: id })
    res.json({ operation: id, personal: await personalOf({ store: source, sealer }, opened) })
  }

  return routes(journalEndpoints, {
    list_operations: read(list),
    show_operation: read(one),
    resolve_operation: resolve,
    reveal_operation: reveal,
    list_events: read(events),
    show_event: read(event),
    prove_event: read(proof, 'stream'),
    show_checkpoint: read(checkpoint, 'stream'),
    show_journal_status: read(status),
    stream_events: read(stream, 'stream', 'stream'),
    export_journal: read(exported, 'stream', 'export'),
  })
}
