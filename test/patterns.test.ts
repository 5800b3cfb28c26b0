/** No regular expression takes work that grows faster than the text it is tried on: of each in the code and in the browser's pages it is proved, or it is refused. */
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from '@babel/parser'
import { describe, expect, test } from '@jest/globals'

// Other checkers of this package are programs for single systems; this one runs wherever Node does.
process.env['RECHECK_BACKEND'] = 'pure'
const { checkSync } = await import('recheck')

interface Pattern {
  readonly place: string
  readonly source: string
  readonly flags: string
}

interface Token {
  readonly type: { readonly label: string }
  readonly value?: unknown
  readonly loc: { readonly start: { readonly line: number } }
}

const tokensOf = (code: string): Token[] =>
  parse(code, { sourceType: 'module', plugins: ['typescript', 'explicitResourceManagement'], tokens: true }).tokens as Token[]

const literalsIn = (file: string, code: string): Pattern[] =>
  tokensOf(code).flatMap(({ type, value, loc }) => {
    if (type.label !== 'regexp') return []
    const { pattern, flags } = value as { pattern: string; flags: string }
    return [{ place: `${file}:${loc.start.line}`, source: pattern, flags }]
  })

/** Patterns made from text escape the proof. */
const madeIn = (file: string, code: string): string[] => {
  const tokens = tokensOf(code)
  return tokens.flatMap(({ value, loc }, at) =>
    value === 'RegExp' && tokens[at + 1]?.type.label === '(' ? [`${file}:${loc.start.line}`] : [],
  )
}

const attributesIn = (file: string, page: string): Pattern[] =>
  [...page.matchAll(/ pattern="([^"]*)"/g)].map(([, source = '']) => ({ place: file, source: `^(?:${source})$`, flags: 'v' }))

/** What makes the pattern slow, or why nothing could be proved; undefined: it is linear. */
const faultIn = ({ source, flags }: Pattern): string | undefined => {
  // Without repetition there is nothing to grow; the checker does not know the flag of sets, which no pattern here needs.
  if (!/[*+{]/.test(source)) return undefined
  // By counted work alone: a busy machine would be blamed on the pattern.
  const found = checkSync(source, flags.replace('v', 'u'), { timeout: 60_000, attackTimeout: null, incubationTimeout: null })
  if (found.status === 'safe') return undefined
  return found.status === 'vulnerable' ? `${found.complexity.summary}: ${found.attack.pattern}` : `not proved: ${found.error.kind}`
}

const files = ['src', 'config', 'scripts'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
)
const scripts = files.filter((name) => /\.(ts|js)$/.test(name)).map((name) => [name, readFileSync(name, 'utf8')] as const)
const pages = files.filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(name, 'utf8')] as const)
const patterns = [
  ...scripts.flatMap(([name, code]) => literalsIn(name, code)),
  ...pages.flatMap(([name, page]) => attributesIn(name, page)),
]

describe('patterns', () => {
  test('are found at all', () => {
    expect(patterns.length).toBeGreaterThan(80)
    expect(literalsIn('a.ts', 'const a: number = 1 / 2 / 3\nconst b: RegExp = /x+/u')).toEqual([
      { place: 'a.ts:2', source: 'x+', flags: 'u' },
    ])
  })

  test.each([
    ['two readings of one character', '^"((?:\\\\["\\\\]|[^"])*)"$'],
    ['a repetition in a repetition', '^(?:a+)+$'],
    ['two repetitions side by side', '^\\d+\\d+$'],
    ['a repetition that begins anywhere', 'key[\\w-]+\\.[\\w-]+'],
  ])('%s would be refused', (_kind, source) => {
    expect(faultIn({ place: '', source, flags: '' })).toBeDefined()
  })

  test('take work that grows with the text alone', () => {
    const different = new Map(patterns.map((pattern) => [`${pattern.flags}/${pattern.source}`, pattern]))
    const faults = [...different.values()].flatMap((pattern) => {
      const fault = faultIn(pattern)
      return fault === undefined ? [] : [`${pattern.place} /${pattern.source}/${pattern.flags}: ${fault}`]
    })
    expect(faults).toEqual([])
  }, 300_000)

  test('are written out: none is made from text', () => {
    expect(scripts.flatMap(([name, code]) => madeIn(name, code))).toEqual([])
  })
})
