/** The timeline: its page, and the rows that the page refreshes by itself. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { Problem } from '../../contract/problems.ts'
import { html } from '../../http/html.ts'
import { problemHandler } from '../../http/problem-handler.ts'
import { limitCalls } from '../../http/rate-limit.ts'
import { asPage } from '../../http/response-headers.ts'
import { treeHead } from '../../journal/store/queries/log.ts'
import { timedOut, withTimeout } from '../../platform/deadline.ts'
import type { Session } from '../../session/record.ts'
import { alertList } from '../alerts/alerts-view.ts'
import { requireReader } from '../authorization.ts'
import { chart, dayNames, hourNames, legend } from '../pages/chart.ts'
import { exportForm } from '../pages/export-form.ts'
import { byActor, type FoundSums, foundCharts, hitsOf, sumsOf } from '../pages/found-charts.ts'
import { body, head } from '../pages/layout.ts'
import { savedViewList } from '../pages/saved-view-list.ts'
import { searchForm } from '../pages/search-form.ts'
import { parse, readSearch, type Term } from '../pages/search-query.ts'
import { readSummary, type SummaryParts, summaryBar } from '../pages/summary.ts'
import { columnChoice, type Found, findRows, rowList, searchOf } from '../pages/timeline.ts'
import { zoneNote } from '../pages/times.ts'
import { createRenderedRows } from './rendered-rows.ts'
import { type PageParts, pageOf, queryOf, type Screens } from './screen.ts'

/** Events in the log: script listens from there. */
const sizeOf = async ({ store, status }: SummaryParts): Promise<string> => {
  const head = await treeHead(store).catch(() => undefined)
  return String(head?.size ?? status().size)
}

/** A little above what a page may take: rows that are shared may wait for a run before them. */
const rowsMs = 6_500

/** The bound of the caller that began the run; the others have their own. */
const isOwnBound = (error: unknown): boolean => error instanceof Problem && error.code === 'too_many_requests'

/** Undefined when the journal cannot be read: the rest of the page is needed most then. */
const rowsIn = (...asked: Parameters<typeof findRows>): Promise<Found | undefined> => findRows(...asked).catch(() => undefined)

const sumsIn = (...asked: Parameters<typeof sumsOf>): Promise<FoundSums | undefined> => sumsOf(...asked).catch(() => undefined)

export const createTimeline = (parts: PageParts, { root, places, signInTo, screen }: Screens) => {
  const { sessions, store, during } = parts
  const shared = createRenderedRows(async () => (await treeHead(store)).size)

  const chartsOfAll = (tenant: string, found: FoundSums | undefined) => {
    const now = new Date()
    const { counters } = parts
    return html`${chart('Last 24 hours', counters.series(tenant, 1, 24), hourNames(now))}${chart('Last 30 days', counters.series(tenant, 24, 30), dayNames(now))}${found && found.total > 0 && byActor({ root }, found)}`
  }

  const charts = (tenant: string, words: readonly Term[], found: FoundSums | undefined) => {
    const shown = words.length === 0 ? chartsOfAll(tenant, found) : foundCharts({ root }, found)
    return shown && html`<section class="charts" aria-label="Charts of operations" id="charts">${shown}${legend()}</section>`
  }

  const page = async (req: Request, res: Response, session: Session): Promise<string> => {
    const { q = '', ...rest } = queryOf(req, 'q', 'cursor', 'after')
    const words = readSearch(q)
    const at = pageOf(rest)
    const frame = { root, title: words.length > 0 ? q : 'Timeline', session, scripts: ['timeline'] }
    res.write(head(frame))
    const size = await sizeOf(parts)
    const [summary, views, found, sums] = await Promise.all([
      readSummary(parts, session.app),
      parts.savedViews.list(session).catch(() => []),
      rowsIn(parts, session.app, words, at),
      sumsIn(parts, session.app, words),
    ])
    const live = searchOf([], at) === '' ? { live: size } : {}
    const here = places(searchOf(words, at))
    return body(
      { ...frame, facts: { ...live, signin: signInTo({ returnTo: req.originalUrl }) } },
      html`
<h1 class="unseen">Audit console: timeline</h1>
${summaryBar(here, summary)}
${alertList(parts.alerts.recent(session.app))}
${searchForm(here, words)}
${savedViewList(here, words, views)}
${charts(session.app, words, sums)}
<div class="above">${zoneNote()}${columnChoice()}<p id="live" role="status"></p><p id="verify" hidden><button type="button" class="link">Verify the journal now</button> <output></output></p>${exportForm(root, session.app, words)}</div>
${rowList(here, words, found, at, hitsOf(sums))}`,
    )
  }

  /** Rows that the page refreshes by itself: counted as a read, not as activity of the person. */
  const rows = async (req: Request, res: Response): Promise<void> => {
    const { session } = await sessions.require(req, { limit: 'reads', idle: true, decide: limitCalls(req, res) })
    requireReader(session)
    const { q = '' } = queryOf(req, 'q')
    const read = () => during('search', session, () => rowsFor(session.app, parse(q)))
    // All pages on the same search ask the same whenever something happens.
    const text = await withTimeout(rowsMs, shared(`${session.app} ${q}`, read)).catch((error: unknown) => {
      if (isOwnBound(error)) return read()
      throw error
    })
    if (text === timedOut) throw new Problem('journal_busy', { headers: { 'Retry-After': '2' } })
    res.type('html').send(text)
  }

  const rowsFor = async (app: string, words: readonly Term[]): Promise<string> => {
    const [summary, found, sums] = await Promise.all([readSummary(parts, app), rowsIn(parts, app, words), sumsIn(parts, app, words)])
    const here = places(searchOf(words))
    return html`${summaryBar(here, summary)}${alertList(parts.alerts.recent(app))}${charts(app, words, sums)}${rowList(here, words, found, {}, hitsOf(sums))}`
      .text
  }

  // What a script reads keeps its refusals as JSON.
  const forScript: (RequestHandler | ErrorRequestHandler)[] = [asPage, rows, problemHandler]
  return { page: screen(page), rows: forScript }
}
