/** The console's pages below the base path, for `auditor` and `admin`, and their files. What changes
 * anything goes to the API. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from 'express'
import { Problem } from '../contract/problems.ts'
import { pageRoutes } from '../http/endpoint.ts'
import { html } from '../http/html.ts'
import { interstitialPage } from '../http/plain-page.ts'
import { headersOf, toProblem } from '../http/problem-handler.ts'
import { checkQuery, rawQueryOf } from '../http/query.ts'
import { limitCalls } from '../http/rate-limit.ts'
import { asPage } from '../http/response-headers.ts'
import { decode } from '../journal/event/event.ts'
import { wholeNumber } from '../journal/filter.ts'
import type { Readers } from '../journal/readers.ts'
import type { RunningJournal } from '../journal/start.ts'
import { historyOf } from '../journal/store/history.ts'
import { knownNames } from '../journal/store/known-names.ts'
import { treeHead } from '../journal/store/queries/log.ts'
import { viewsOf } from '../journal/store/queries/operations.ts'
import { partNames } from '../journal/store/queries/people.ts'
import { TIMED_OUT, withTimeout } from '../platform/deadline.ts'
import type { Session, Sessions } from '../session/sessions.ts'
import type { Alerts } from './alerts/alerts.ts'
import { alertList } from './alerts/alerts-view.ts'
import { assets } from './assets.ts'
import { enterPage, requireReader } from './gate.ts'
import { chart, dayNames, hourNames, legend } from './pages/chart.ts'
import { exportForm } from './pages/export-form.ts'
import { byActor, type FoundSums, foundCharts, hitsOf, sumsOf } from './pages/found-charts.ts'
import { body, head, notice, page } from './pages/layout.ts'
import { operationContent, originIn, relatedTo } from './pages/operation.ts'
import { savedViewList } from './pages/saved-views.ts'
import { parse, readSearch, type Term } from './pages/search-query.ts'
import { readSummary, type SummaryParts, summaryBar } from './pages/summary.ts'
import { columnChoice, type Found, findRows, type Page, type RowPlaces, rowList, searchForm, searchOf } from './pages/timeline.ts'
import { zoneNote } from './pages/times.ts'
import { createRenderedRows } from './rendered-rows.ts'
import type { SavedViews } from './saved-views.ts'

/** Where people sign in, and from where they come back; `stepUp`: although they are signed in. */
export type SignInAddress = (login: { readonly returnTo: string; readonly stepUp?: boolean }) => string

export interface PageParts extends SummaryParts {
  readonly sessions: Sessions
  readonly during: Readers['during']
  readonly basePath: string
  readonly ticketUrl: string | undefined
  /** Address of the sign-in; absent: the page explains in words. */
  readonly signIn: SignInAddress | undefined
  readonly alerts: Alerts
  readonly savedViews: SavedViews
  readonly watch: RunningJournal['watch']
  /** The limit of calls per address. */
  readonly pages: RequestHandler
}

const queryOf = (req: Request, ...optional: string[]): Record<string, string | undefined> =>
  checkQuery(rawQueryOf(req.originalUrl), [], optional)

const pageOf = ({ cursor, after }: Readonly<Record<string, string | undefined>>): Page => ({
  cursor: wholeNumber('cursor', cursor),
  after: wholeNumber('after', after),
})

/** Events in the log: script listens from there. */
const sizeOf = async ({ store, status }: SummaryParts): Promise<string> => {
  const head = await treeHead(store).catch(() => undefined)
  return String(head?.size ?? status().size)
}

interface Notice {
  readonly title: string
  readonly sentence: string
  /** Text of a link to the sign-in, which leads back; `stepUp`: for somebody who is signed in. */
  readonly link?: string
  readonly stepUp?: boolean
}

const noticeOf = ({ code, message }: Problem): Notice => {
  if (code === 'unauthorized')
    return {
      title: 'You are not signed in',
      sentence: 'Sign in as staff with the role auditor or admin, to see this page.',
      link: 'Sign in',
    }
  if (code === 'forbidden') return { title: 'This is not for your role', sentence: message, link: 'Sign in as somebody else', stepUp: true }
  return { title: code === 'not_found' ? 'There is nothing here' : 'This cannot be shown', sentence: message }
}

/** A little above what a page may take: rows that are shared may wait for a run before them. */
const rowsMilliseconds = 6_500

/** The bound of whoever began the run; the others have their own. */
const isOwnBound = (error: unknown): boolean => error instanceof Problem && error.code === 'too_many_requests'

/** Undefined when the journal cannot be read: the rest of the page is needed most then. */
const rowsIn = (...asked: Parameters<typeof findRows>): Promise<Found | undefined> => findRows(...asked).catch(() => undefined)

const sumsIn = (...asked: Parameters<typeof sumsOf>): Promise<FoundSums | undefined> => sumsOf(...asked).catch(() => undefined)

export const consolePages = (parts: PageParts): Router => {
  const { sessions, basePath, store, pages, during } = parts
  const root = `${basePath}/ops`
  const places = (search: string): RowPlaces => ({ root, ticketUrl: parts.ticketUrl, search })
  const signInTo = (returnTo: string, stepUp = false): string => parts.signIn?.({ returnTo, stepUp }) ?? ''

  /** Problems as a page. */
  const failed: ErrorRequestHandler = (error, req, res, _next) => {
    // A page that is half sent cannot be replaced.
    if (res.headersSent) throw error
    const problem = toProblem(error)
    res.locals['problem'] = problem
    for (const [name, value] of Object.entries(headersOf(problem))) res.setHeader(name, value)
    res.status(problem.status).type('html')
    if (problem.code === 'unauthorized' && req.headers['sec-fetch-site'] === 'cross-site') {
      res.status(200).send(interstitialPage(req.originalUrl))
      return
    }
    const { title, sentence, link, stepUp } = noticeOf(problem)
    const address = signInTo(req.originalUrl, stepUp)
    const signIn = link === undefined || address === '' ? undefined : html`<p><a href="${address}">${link}</a></p>`
    const back = problem.code === 'not_found' ? html`<p><a href="${root}">Timeline</a></p>` : undefined
    res.send(notice({ root, title }, sentence, signIn ?? back))
  }

  const shared = createRenderedRows(async () => (await treeHead(store)).size)
  const screen = (show: RequestHandler) => [asPage, pages, show, failed]

  const shown =
    (show: (req: Request, res: Response, session: Session) => Promise<string>): RequestHandler =>
    async (req, res) => {
      const session = await enterPage(sessions, req, res)
      await during('search', session, async () => {
        res.type('html')
        res.end(await show(req, res, session))
      })
    }

  const chartsOfAll = (tenant: string, found: FoundSums | undefined) => {
    const now = new Date()
    const { counters } = parts
    return html`${chart('Last 24 hours', counters.series(tenant, 1, 24), hourNames(now))}${chart('Last 30 days', counters.series(tenant, 24, 30), dayNames(now))}${found && found.total > 0 && byActor({ root }, found)}`
  }

  const charts = (tenant: string, words: readonly Term[], found: FoundSums | undefined) => {
    const shown = words.length === 0 ? chartsOfAll(tenant, found) : foundCharts({ root }, found)
    return shown && html`<section class="charts" aria-label="Charts of operations" id="charts">${shown}${legend()}</section>`
  }

  const timeline = shown(async (req, res, session) => {
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
      { ...frame, facts: { ...live, signin: signInTo(req.originalUrl) } },
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
  })

  /** Rows that the page refreshes by itself: counted as a read, not as activity of the person. */
  const fragment = async (req: Request, res: Response): Promise<void> => {
    const { session } = await sessions.require(req, { limit: 'reads', idle: true, decide: limitCalls(req, res) })
    requireReader(session)
    const { q = '' } = queryOf(req, 'q')
    const read = () => during('search', session, () => rowsFor(session.app, parse(q)))
    // All pages on the same search ask the same whenever something happens.
    const rows = await withTimeout(rowsMilliseconds, shared(`${session.app} ${q}`, read)).catch((error: unknown) => {
      if (isOwnBound(error)) return read()
      throw error
    })
    if (rows === TIMED_OUT) throw new Problem('journal_busy', { headers: { 'Retry-After': '2' } })
    res.type('html').send(rows)
  }

  const rowsFor = async (app: string, words: readonly Term[]): Promise<string> => {
    const [summary, found, sums] = await Promise.all([readSummary(parts, app), rowsIn(parts, app, words), sumsIn(parts, app, words)])
    const here = places(searchOf(words))
    return html`${summaryBar(here, summary)}${alertList(parts.alerts.recent(app))}${charts(app, words, sums)}${rowList(here, words, found, {}, hitsOf(sums))}`
      .text
  }

  const operation = shown(async (req, _res, session) => {
    const { q = '', ...at } = queryOf(req, 'q', 'cursor', 'after')
    const id = String(req.params['id'])
    const history = await historyOf(store, id)
    const opened = history?.events[0]?.event
    if (!opened || opened.tenant !== session.app) throw new Problem('operation_not_found')
    const [viewed, kept, related, origin, names] = await Promise.all([
      viewsOf(store, id),
      partNames(store, opened.id),
      relatedTo(parts, session.app, id, opened),
      originIn(store),
      knownNames(parts, [opened]),
    ])
    const content = operationContent(
      { ...places(searchOf(readSearch(q), pageOf(at))), names },
      {
        id,
        history,
        viewed: viewed.map(decode),
        kept,
        related,
        origin,
        watch: parts.watch(opened),
        admin: session.roles.includes('admin'),
      },
    )
    const signin = signInTo(req.originalUrl, true)
    return page({ root, title: id, session, scripts: ['operation'], facts: { operation: id, signin } }, content)
  })

  const content = Object.entries(assets).map(([name, sources]): [string, RequestHandler[]] => {
    const bytes = Buffer.concat(sources.map((source) => readFileSync(source)))
    return [`/ops/${name}`, [asPage, pages, (_req, res) => void res.type(extname(name)).send(bytes)]]
  })
  const nowhere: RequestHandler = () => {
    throw new Problem('not_found', { detail: 'The console has no such page.' })
  }
  const router = pageRoutes({
    '/ops': screen(timeline),
    '/ops/rows': [asPage, fragment],
    '/ops/operations/:id': screen(operation),
    ...Object.fromEntries(content),
  })
  // What a browser opens is a page, also where there is none; what scripts read keeps its own refusals.
  return router.use(/^\/ops(?=\/(?!(?:api|rows)(?:\/|$)))/, asPage, pages, nowhere, failed)
}
