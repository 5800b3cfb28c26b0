/** A view of the timeline that a reader keeps: a search and the columns beside it, under a name. */
import { z } from 'zod'
import { notBlank } from '../contract/text.ts'
import { isUnderstood, maxSearchLength } from './pages/search-query.ts'

/** Columns of the timeline that a reader may do without. */
export const columnNames = ['ago', 'state', 'why', 'took'] as const

/** Characters. */
export const maxViewNameLength = 60

export const ViewBody = z.strictObject({
  name: z
    .string()
    .max(maxViewNameLength)
    .refine(...notBlank),
  q: z
    .string()
    .max(maxSearchLength)
    .refine(isUnderstood, 'must be a search that the page understands')
    .meta({ description: 'A search as the page has it' }),
  without: z.array(z.enum(columnNames)).max(columnNames.length).default([]).meta({ description: 'Columns that are not shown' }),
})
export type NewView = Readonly<z.output<typeof ViewBody>>
export const SavedViewList = z.object({
  views: z.array(z.object({ id: z.string(), name: z.string(), q: z.string(), without: z.array(z.enum(columnNames)) })),
})
export const exampleView = { name: 'Deletions of this week', q: 'action:delete from:7d', without: ['took' as const] }
export const exampleViews = { views: [{ id: 'q1Zx0v9bS2kA', ...exampleView }] }
