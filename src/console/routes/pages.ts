/** The console's pages below the base path, for `auditor` and `admin`, and their files. What
 * changes anything goes to the API. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { RequestHandler, Router } from 'express'
import { Problem } from '../../contract/problems.ts'
import { pageRoutes } from '../../http/endpoint.ts'
import { asPage } from '../../http/response-headers.ts'
import { createOperation } from './operation.ts'
import { createScreens, type PageParts } from './screen.ts'
import { createTimeline } from './timeline.ts'

const styles = ['elements', 'frame', 'summary', 'search', 'charts', 'rows', 'operation', 'print']

/** TABLE: what a browser loads beside the pages, and the files of each in their order. */
const assets: Readonly<Record<string, readonly URL[]>> = {
  'console.css': [
    new URL('../../http/browser/base.css', import.meta.url),
    ...styles.map((name) => new URL(`../browser/${name}.css`, import.meta.url)),
  ],
  'timeline.js': [new URL('../browser/timeline.js', import.meta.url)],
  'operation.js': [new URL('../browser/operation.js', import.meta.url)],
  'call.js': [new URL('../browser/call.js', import.meta.url)],
  'times.js': [new URL('../browser/times.js', import.meta.url)],
  'kept.js': [new URL('../browser/kept.js', import.meta.url)],
  'columns.js': [new URL('../browser/columns.js', import.meta.url)],
  'views.js': [new URL('../browser/views.js', import.meta.url)],
}

const nowhere: RequestHandler = () => {
  throw new Problem('not_found', { detail: 'The console has no such page.' })
}

export const consolePages = (parts: PageParts): Router => {
  const { pages } = parts
  const screens = createScreens(parts)
  const timeline = createTimeline(parts, screens)
  const files = Object.entries(assets).map(([name, sources]): [string, RequestHandler[]] => {
    const bytes = Buffer.concat(sources.map((source) => readFileSync(source)))
    return [`/ops/${name}`, [asPage, pages, (_req, res) => void res.type(extname(name)).send(bytes)]]
  })
  const router = pageRoutes({
    '/ops': timeline.page,
    '/ops/rows': timeline.rows,
    '/ops/operations/:id': createOperation(parts, screens),
    ...Object.fromEntries(files),
  })
  // What a browser opens is a page, also where there is none; the API has refusals of its own.
  return router.use(/^\/ops(?=\/(?!api(?:\/|$)))/, asPage, pages, nowhere, screens.failed)
}
