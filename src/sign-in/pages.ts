/** The page for a failed sign-in or sign-out, without scripts. */
import type { ErrorRequestHandler, Response } from 'express'
import { type Problem, problems } from '../contract/problems.ts'
import { html } from '../http/html.ts'
import { plainPage } from '../http/plain-page.ts'
import { headersOf, toProblem } from '../http/problem-handler.ts'

export const showPage = (res: Response, status: number, page: string): void => {
  res.status(status).type('html').send(page)
}

interface Failure {
  readonly heading: string
  /** Links to go on by, the first one most prominent. */
  readonly links: readonly (readonly [text: string, address: string])[]
}

/** A page for people, the problem for programs. */
export const failsAsPage = (failureOf: (problem: Problem, res: Response) => Failure): ErrorRequestHandler =>
  function failsAsPage(error, req, res, _next) {
    const problem = toProblem(error)
    if (req.accepts(['json', 'html']) !== 'html') throw problem
    res.locals['problem'] = problem
    for (const [name, value] of Object.entries(headersOf(problem))) res.setHeader(name, value)
    showPage(res, problem.status, failurePage(failureOf(problem, res), problem, String(res.locals['requestId'])))
  }

const failurePage = ({ heading, links }: Failure, problem: Problem, requestId: string): string =>
  plainPage(
    heading,
    html`<p>${problem.particulars.detail ?? problems[problem.code][1]}</p>
${links.map(([text, address]) => html`<p><a href="${address}">${text}</a></p>`)}
<p>Request ${requestId}, ${problem.code}</p>`,
  )
