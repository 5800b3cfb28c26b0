/** What samples in several languages share. */
import type { SampleRequest } from './request.ts'

/** In place of the address of a deployment; the page's script puts its own there. */
export const exampleOrigin = 'https://app.example.com'

export type Write = (request: SampleRequest) => string

export const lines = (...all: readonly (string | false | undefined)[]): string => all.filter((line) => typeof line === 'string').join('\n')
export const address = ({ target }: SampleRequest): string => `${exampleOrigin}${target}`
export const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Values as JavaScript writes them, on one line while that is short. */
export const literal = (value: unknown, indent = ''): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((item) => literal(item, inner))
    : Object.entries(value).map(([name, item]) => `${/^[a-z_]\w*$/i.test(name) ? name : quoted(name)}: ${literal(item, inner)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{ ', ' }']
  const short = `${open}${entries.join(', ')}${close}`
  return short.length <= 68 ? short : `${open.trim()}\n${entries.map((entry) => `${inner}${entry},\n`).join('')}${indent}${close.trim()}`
}
