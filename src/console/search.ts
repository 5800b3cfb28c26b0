/** The search of a request: the words of the read API, and `q` as the page has it. */
import { filterNames, filterOf } from '../journal/filter.ts'
import type { Filter } from '../journal/store/search.ts'
import { filterOf as filterOfTerms, parse } from './pages/search-query.ts'

export const searchNames = [...filterNames, 'q'] as const

/** Throws `bad_request` for what is not understood. */
export const searchIn = ({ q, ...words }: Readonly<Record<string, string | undefined>>, app: string): Filter => ({
  ...filterOf(words, app),
  ...(q !== undefined && filterOfTerms(parse(q))),
})
