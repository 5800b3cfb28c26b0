/** The few pages of signing in. They hold no script: one goes on by itself, the other says what went wrong. */
import type { ErrorRequestHandler, Response } from 'express'
import { type Problem, problems } from '../contract/problems.ts'
import { toProblem } from '../http/problem-handler.ts'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!)

const page = (title: string, head: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>${head}</head>
<body><main>${body}</main></body>
</html>
`

/** From another site a Strict cookie does not travel; from this page, which is ours, it does. */
export const interstitialPage = (to: string): string =>
  page('One moment', `<meta http-equiv="refresh" content="0; url=${escaped(to)}">`, `<p><a href="${escaped(to)}">Continue</a></p>`)

export const showPage = (res: Response, status: number, html: string): void => {
  res.status(status).type('html').send(html)
}

/** People see a page, programs the problem. */
export const failsAsPage = (headingOf: (problem: Problem) => string, again: string): ErrorRequestHandler =>
  function failsAsPage(error, req, res, _next) {
    const problem = toProblem(error)
    if (req.accepts(['json', 'html']) !== 'html') throw problem
    res.locals['problem'] = problem
    for (const [name, value] of Object.entries(problem.particulars.headers ?? {})) res.setHeader(name, value)
    showPage(res, problem.status, failurePage(headingOf(problem), problem, String(res.locals['requestId']), again))
  }

const failurePage = (heading: string, problem: Problem, requestId: string, again: string): string =>
  page(
    heading,
    '',
    `<h1>${escaped(heading)}</h1>
<p>${escaped(problem.particulars.detail ?? problems[problem.code][1])}</p>
<p><a href="${escaped(again)}">Try again</a></p>
<p>Request ${escaped(requestId)}, ${escaped(problem.code)}</p>`,
  )
