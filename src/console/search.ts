/** The search of a request: the words of the read API, and `q` as the page has it; and the name of a
 * download of what it finds: the app, what was searched for, and the days. */
import { filterNames, filterOf } from '../journal/filter.ts'
import type { Filter } from '../journal/store/search.ts'
import { filterOf as filterOfTerms, parse } from './pages/search-query.ts'

const slug = (text: string): string => text.replace(/[^A-Za-z0-9_-]+/g, '-')

/** `words`: the search as parameters of the read API. */
export const fileName = (kind: string, app: string, words: Readonly<Record<string, string | undefined>>, now = new Date()): string => {
  const { from, to, ...others } = words
  const named = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name === 'q' ? value : `${name}-${value}`]))
  const what = slug(named.join('_')).slice(0, 40) || 'all'
  const day = (text: string): string => slug(text.slice(0, 10))
  return `${kind}-${slug(app)}-${what}-${day(from ?? 'start')}-to-${day(to ?? now.toISOString())}`
}

export const searchNames = [...filterNames, 'q'] as const

/** Throws `bad_request` for what is not understood. */
export const searchIn = ({ q, ...words }: Readonly<Record<string, string | undefined>>, app: string): Filter => ({
  ...filterOf(words, app),
  ...(q !== undefined && filterOfTerms(parse(q))),
})
