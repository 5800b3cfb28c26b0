/** No regular expression takes work that grows faster than the text it is tried on: of each in the code and in the browser's pages it is proved, or it is refused. And no test waits but by `until`. */
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

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [name: string]: unknown
}
const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string'
const childrenOf = (node: Node): Node[] =>
  Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
const loops = ['ForStatement', 'WhileStatement', 'DoWhileStatement']

/** Without what a function inside does. */
const within = (node: Node): Node[] => (/Function/.test(node.type) ? [] : [node, ...childrenOf(node).flatMap(within)])
const all = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(all)]

/** A loop that does nothing but wait, or that waits and ends once it has seen something. What is done a number of times, or for a while,
 * with a pause after each, is no wait. */
const waitsIn = (file: string, code: string): string[] => {
  const { program } = parse(code, { sourceType: 'module', plugins: ['typescript', 'explicitResourceManagement'] }) as unknown as {
    program: Node
  }
  const timers = /import \{ setTimeout(?: as (\w+))? \} from 'node:timers\/promises'/.exec(code)
  const timer = new RegExp(
    `^await (?:${timers ? (timers[1] ?? 'setTimeout') : 'sleep'}\\(|[\\w.]+\\.waitForTimeout\\(|new Promise(?:<\\w+>)?\\(\\(\\w+\\) => (?:void )?setTimeout\\()`,
  )
  const isTimer = (node: Node): boolean => node.type === 'AwaitExpression' && timer.test(code.slice(node.start, node.end))
  const isWait = ({ type, body, test }: Node): boolean => {
    const parts = within(body as Node)
    if (!parts.some(isTimer)) return false
    const statements = parts.filter((it) => /Statement$|Declaration$/.test(it.type) && it.type !== 'BlockStatement')
    const seeks = (test as Node | null)?.type === 'LogicalExpression' || (type === 'ForStatement' && !test)
    return statements.length === 1 || seeks || statements.some((it) => ['BreakStatement', 'ReturnStatement'].includes(it.type))
  }
  return all(program).flatMap((node) => (loops.includes(node.type) && isWait(node) ? [`${file}:${node.loc.start.line}`] : []))
}

describe('a wait of its own', () => {
  const sleep = "import { setTimeout as sleep } from 'node:timers/promises'\n"

  test.each([
    ['a bare loop', 'while (!isThere()) await sleep(20)'],
    ['a number of tries', 'for (let tries = 0; tries < 300 && !isThere(); tries += 1) await sleep(50)'],
    ['a bound in milliseconds', 'while (!isThere() && performance.now() < end) { look(); await sleep(5) }'],
    ['a loop that is left', 'for (;;) { if (isThere()) break; await sleep(20) }'],
    ['a page', 'while (!isThere()) await it.page.waitForTimeout(100)'],
    ['a promise', 'while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20))'],
    ['one in a function', 'const until = async () => { for (let n = 0; n < 9; n += 1) { if (isThere()) return; await sleep(5) } }'],
  ])('is found: %s', (_name, code) => {
    expect(waitsIn('a.ts', sleep + code)).toEqual(['a.ts:2'])
  })

  test.each([
    ['a call again and again', 'for (let n = 0; n < 9; n += 1) { await call(); await sleep(50) }'],
    ['calls until told', 'while (!over.signal.aborted) { await call(); await sleep(50) }'],
    ['what another function does', 'while (isThere()) { call(async () => { await sleep(5) }) }'],
  ])('is not: %s', (_name, code) => {
    expect(waitsIn('a.ts', sleep + code)).toEqual([])
  })

  test('is in no test and nothing that supports one: test/support/until.ts waits', () => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    // A soak or a bench measures, for hours if need be; the consumers of the package have packages of their own.
    const others = files.filter((name) => !/^(?:soak|bench)\/|^support\/until\.ts$|\/node_modules\//.test(name))
    expect(others.length).toBeGreaterThan(400)
    expect(others.flatMap((name) => waitsIn(`test/${name}`, readFileSync(`test/${name}`, 'utf8')))).toEqual([])
  })
})
