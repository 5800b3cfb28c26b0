/** The page of one operation. */
import type { Request, Response } from 'express'
import { Problem } from '../../contract/problems.ts'
import { decode } from '../../journal/event/event.ts'
import { historyOf } from '../../journal/store/history.ts'
import { knownNames } from '../../journal/store/known-names.ts'
import { viewsOf } from '../../journal/store/queries/operations.ts'
import { partNames } from '../../journal/store/queries/people.ts'
import type { Session } from '../../session/record.ts'
import { page } from '../pages/layout.ts'
import { operationContent, originIn, relatedTo } from '../pages/operation.ts'
import { readSearch } from '../pages/search-query.ts'
import { searchOf } from '../pages/timeline.ts'
import { type PageParts, pageOf, queryOf, type Screens } from './screen.ts'

export const createOperation = (parts: PageParts, { root, places, signInTo, screen }: Screens) => {
  const { store } = parts
  const show = async (req: Request, _res: Response, session: Session): Promise<string> => {
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
    const signin = signInTo({ returnTo: req.originalUrl, stepUp: true })
    return page({ root, title: id, session, scripts: ['operation'], facts: { operation: id, signin } }, content)
  }
  return screen(show)
}
