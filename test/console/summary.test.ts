/** The tile that says whether the journal is intact: green is for what was checked, not for what is being checked. */
import { expect, test } from '@jest/globals'
import type { Check } from '../../src/console/integrity.ts'
import { type Summary, summaryBar } from '../../src/console/pages/summary.ts'

const checked = (ok: boolean, size: number): Check => ({
  at: new Date().toISOString(),
  ok,
  size,
  root: 'cm9vdHJvb3Q=',
  milliseconds: 1,
  findings: ok ? [] : ['a hash is wrong'],
})

test.each<[string, Check | undefined, boolean, string, string, RegExp]>([
  ['never checked', undefined, false, 'calm', 'End verified', /24 events/],
  ['first check under way', undefined, true, 'calm', 'Being verified', /24 events/],
  ['all checked', checked(true, 24), false, 'good', 'Verified', /^24 events · root/],
  ['some newer', checked(true, 20), false, 'good', 'Verified', /20 events, 4 newer not checked yet/],
  ['most newer', checked(true, 2), false, 'calm', 'Verified', /2 events, 22 newer not checked yet/],
  ['checked before, and again now', checked(true, 20), true, 'calm', 'Being verified', /20 of 24 events were intact/],
  ['all checked before, and again now', checked(true, 24), true, 'calm', 'Being verified', /24 of 24 events were intact/],
  [
    'not to be read',
    { ...checked(false, 20), findings: [], failure: 'connect ECONNREFUSED' },
    false,
    'bad',
    'Not verified',
    /ECONNREFUSED/,
  ],
  ['wrong, and checked again now', checked(false, 20), true, 'bad', 'Not intact', /a hash is wrong/],
])('%s', (_name, check, checking, mood, value, detail) => {
  const status = { open: true, size: 24, waiting: 0, dropped: 0 }
  const summary: Summary = { status, check, checking, anchored: true, attention: [], denied: 0, bursts: [], counted: true }
  const { text } = summaryBar({ root: '/ops' }, summary)
  const shown = /<li class="tile (\w+)"><h2>Journal<\/h2><p class="value">([^<]+)<\/p><p class="detail">(.*?)<\/p>/s.exec(text)!
  expect(shown.slice(1, 3)).toEqual([mood, value])
  expect(shown[3]!.replaceAll(/<[^>]+>/g, '')).toMatch(detail)
})
