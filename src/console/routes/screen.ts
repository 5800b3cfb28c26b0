/** What the console's pages share: their reader, their turn at the journal, refusals as a page. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Problem } from '../../contract/problems.ts'
import { html } from '../../http/html.ts'
import { interstitialPage } from '../../http/plain-page.ts'
import { headersOf, toProblem } from '../../http/problem-handler.ts'
import { checkQuery, rawQueryOf } from '../../http/request/query.ts'
import { asPage } from '../../http/response-headers.ts'
import { wholeNumber } from '../../journal/filter.ts'
import type { Readers } from '../../journal/readers.ts'
import type { RunningJournal } from '../../journal/start.ts'
import type { Session } from '../../session/record.ts'
import type { Sessions } from '../../session/sessions.ts'
import type { Alerts } from '../alerts/alerts.ts'
import { enterPage } from '../authorization.ts'
import { notice } from '../pages/layout.ts'
import type { SummaryParts } from '../pages/summary.ts'
import type { Page, RowPlaces } from '../pages/timeline.ts'
import type { SavedViews } from '../saved-views.ts'

interface SignIn {
  readonly returnTo: string
  /** The person who is signed in proves it again. */
  readonly stepUp?: boolean
  /** Another person takes the place of the one who is signed in. */
  readonly somebodyElse?: boolean
}

/** Where people sign in, and from where they come back. */
export type SignInAddress = (login: SignIn) => string

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

export const queryOf = (req: Request, ...optional: string[]): Record<string, string | undefined> =>
  checkQuery(rawQueryOf(req.originalUrl), [], optional)

export const pageOf = ({ cursor, after }: Readonly<Record<string, string | undefined>>): Page => ({
  cursor: wholeNumber('cursor', cursor),
  after: wholeNumber('after', after),
})

interface Notice {
  readonly title: string
  readonly sentence: string
  /** Text of a link to the sign-in, which leads back. */
  readonly link?: string
  readonly somebodyElse?: boolean
}

const noticeOf = ({ code, message }: Problem): Notice => {
  if (code === 'unauthorized')
    return {
      title: 'You are not signed in',
      sentence: 'Sign in as staff with the role auditor or admin, to see this page.',
      link: 'Sign in',
    }
  if (code === 'forbidden')
    return { title: 'This is not for your role', sentence: message, link: 'Sign in as somebody else', somebodyElse: true }
  return { title: code === 'not_found' ? 'There is nothing here' : 'This cannot be shown', sentence: message }
}

export const createScreens = ({ sessions, basePath, pages, during, signIn, ticketUrl }: PageParts) => {
  const root = `${basePath}/ops`
  const signInTo = (login: SignIn): string => signIn?.(login) ?? ''

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
    const { title, sentence, link, somebodyElse = false } = noticeOf(problem)
    const address = signInTo({ returnTo: req.originalUrl, somebodyElse })
    const toSignIn = link === undefined || address === '' ? undefined : html`<p><a href="${address}">${link}</a></p>`
    const back = problem.code === 'not_found' ? html`<p><a href="${root}">Timeline</a></p>` : undefined
    res.send(notice({ root, title }, sentence, toSignIn ?? back))
  }

  return {
    root,
    signInTo,
    failed,
    places: (search: string): RowPlaces => ({ root, ticketUrl, search }),

    /** A page for readers of the journal. */
    screen: (show: (req: Request, res: Response, session: Session) => Promise<string>): [...RequestHandler[], ErrorRequestHandler] => [
      asPage,
      pages,
      async (req, res) => {
        const session = await enterPage(sessions, req, res)
        await during('search', session, async () => {
          res.type('html')
          res.end(await show(req, res, session))
        })
      },
      failed,
    ],
  }
}

export type Screens = ReturnType<typeof createScreens>
