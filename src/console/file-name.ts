/** The name of a download: the app, what was searched for, and the days. */

const slug = (text: string): string => text.replace(/[^A-Za-z0-9_-]+/g, '-')

/** `words`: the search as parameters of the read API. */
export const fileName = (kind: string, app: string, words: Readonly<Record<string, string | undefined>>, now = new Date()): string => {
  const { from, to, ...others } = words
  const named = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name === 'q' ? value : `${name}-${value}`]))
  const what = slug(named.join('_')).slice(0, 40) || 'all'
  const day = (text: string): string => slug(text.slice(0, 10))
  return `${kind}-${slug(app)}-${what}-${day(from ?? 'start')}-to-${day(to ?? now.toISOString())}`
}
