/** Names that the house no longer uses, each with the word in its place (docs/architecture.md, Words). */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const retired: Readonly<Record<string, string>> = {
  cellsOf: 'cacheKeysOf',
  along: 'prefetch',
  peek: 'current',
  copies: 'entries',
  toKeep: 'toEntry',
  createDrops: 'createPersonInvalidation',
  unsettled: 'contended',
  convoy: 'nextFlight',
  keepingFresh: 'invalidating',
  isTrouble: 'isUpstreamFailure',
  quietly: 'bestEffort',
  reachable: 'availableStore',
  vouch: 'resolveUser',
  afresh: 'reload',
  mostBytes: 'maxBytes',
  askedOf: 'callFactsOf',
  abandon: 'cancel',
  endGently: 'lingeringClose',
  closeWith: 'finalHandlers',
  bouncePage: 'interstitialPage',
  sighting: 'observation',
  checker: 'reconciler',
  pairing: 'checkTransitions',
  answerCalls: 'dispatch',
  glance: 'summary',
  tally: 'counters',
  mood: 'severity',
  journalling: 'journal',
  RolesFlag: 'RolesMark',
  withFlags: 'withMarks',
  messageOf: 'errorMessage',
  withCallers: 'applyCallerOverrides',
  requireStill: 'confirmCaller',
  inTime: 'withDeadline',
  ofBodies: 'bodyErrors',
  ofAnother: 'refuseAnotherUser',
  repeating: 'sendRepeatedly',
}

const files = ['src', 'config'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
)
/** Without comments and texts: names alone. */
const namesIn = (text: string): Set<string> =>
  new Set(
    text
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
      .match(/[A-Za-z_$][\w$]*/g),
  )

test.each(Object.entries(retired))('nothing is called %s', (word) => {
  expect(files.filter((file) => namesIn(readFileSync(file, 'utf8')).has(word))).toEqual([])
})

test('a bound is called max… or min…', () => {
  const other = /^(?:most|longest|largest|deepest|fewest)[A-Z]\w*$/
  expect(files.flatMap((file) => [...namesIn(readFileSync(file, 'utf8'))].filter((name) => other.test(name)))).toEqual([])
})

test('a constant is written as every other name', () => {
  const capitals = /^(?:export )?const [A-Z][A-Z0-9_]+ =/m
  expect(files.filter((file) => capitals.test(readFileSync(file, 'utf8')))).toEqual([])
})

test('a time in milliseconds ends in Ms', () => {
  const other = /(?<!poch)Milliseconds$/
  expect(files.flatMap((file) => [...namesIn(readFileSync(file, 'utf8'))].filter((name) => other.test(name)))).toEqual([])
})
