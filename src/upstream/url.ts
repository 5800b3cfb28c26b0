/** Builds the one URL a row may name, then proves by parsing it again that it says nothing else. */
import { faultIn } from '../contract/field-faults.ts'
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { memo } from '../platform/memo.ts'

interface Target {
  readonly appId: string
  readonly baseUrl: string
}

const unprovable = (cause?: unknown) => new Problem('invalid_id', { outcome: 'not_sent', cause })

const encode = (value: string): string => {
  try {
    return encodeURIComponent(value)
  } catch (cause) {
    throw unprovable(cause) // a lone surrogate
  }
}

const segmentsOf = (path: string): string[] => path.split('/').filter(Boolean)

const fill = (part: string, params: Readonly<Record<string, string>>): string => {
  if (!part.startsWith(':')) return part
  const value = params[part.slice(1)]
  if (!value) throw unprovable() // an empty segment would name another path
  return value
}

const queryOf = (operation: Pick<Operation, 'query'>, query: Readonly<Record<string, string>>): [string, string][] =>
  (operation.query ?? []).map((name) => {
    const value = query[name]
    if (!value) throw faultIn('query', [name], 'is needed', { detail: `The query parameter ${name} is needed.`, outcome: 'not_sent' })
    return [name, value]
  })

const isQuery = (found: URLSearchParams, query: readonly (readonly [string, string])[]): boolean =>
  found.size === query.length && query.every(([name, value]) => found.get(name) === value)

// `encodeURIComponent('..')` is `..`, and a URL parser folds it: DELETE on user `..` would delete
// the app. So what was built is read back.
const prove = (url: URL, base: URL, segments: readonly string[], query: readonly (readonly [string, string])[]): boolean => {
  const found = url.pathname.split('/').slice(1)
  return (
    url.origin === base.origin &&
    url.username + url.password + url.hash === '' &&
    found.length === segments.length &&
    found.every((segment, index) => decodeURIComponent(segment) === segments[index]) &&
    (query.length === 0 ? url.search === '' : isQuery(url.searchParams, query))
  )
}

const baseOf = memo(100, (baseUrl) => new URL(baseUrl))

export const buildUrl = (
  { appId, baseUrl }: Target,
  operation: Pick<Operation, 'path' | 'query'>,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string>> = {},
): URL => {
  const base = baseOf(baseUrl)
  const own = ['v1.1', 'apps', appId, ...segmentsOf(operation.path).map((part) => fill(part, params))]
  const wanted = queryOf(operation, query)
  const prefix = segmentsOf(base.pathname)
  const path = [...prefix, ...own.map(encode)].join('/')
  const search = wanted.map(([name, value]) => `${name}=${encode(value)}`).join('&')
  const url = new URL(`${base.origin}/${path}${search && `?${search}`}`)
  if (!prove(url, base, [...prefix.map(decodeURIComponent), ...own], wanted)) throw unprovable()
  return url
}
