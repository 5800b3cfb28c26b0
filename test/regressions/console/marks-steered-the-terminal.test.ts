/** Control and bidi characters in ids and notes reached the operator's terminal as they were, and could forge lines there. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { html } from '../../../src/http/html.ts'
import { type Context, say, sentence } from '../../../src/journal/cli/command.ts'
import { cell } from '../../../src/journal/csv.ts'
import type { Event } from '../../../src/journal/event/event.ts'
import { createLog } from '../../../src/platform/log/logger.ts'
import { printable, printableLines } from '../../../src/platform/printable.ts'
import { journalCli } from '../../support/journal-cli.ts'

const marks = [
  ...[
    '\u0000',
    '\u0007',
    '\u0008',
    '\u001b[2K',
    '\u007f',
    '\u0085',
    '\u009b31m',
    '\u00ad',
    '\u034f',
    '\u061c',
    '\u115f',
    '\u180e',
    '\u200b',
  ],
  ...[
    '\u200e',
    '\u200f',
    '\u2028',
    '\u2029',
    '\u202a',
    '\u202e',
    '\u2060',
    '\u2066',
    '\u2069',
    '\u3164',
    '\ufe0f',
    '\ufeff',
    '\ufff9',
    '\ud800',
  ],
  ...['\u{e0041}', '\r'],
]
const seen = /^[\t\n -~]*$/

test.each(marks.map((mark) => [JSON.stringify(mark), mark] as const))('%s is shown, not obeyed, wherever it is printed', (_name, mark) => {
  const text = `ada${mark}x`
  const event = { time: 't', kind: 'denied', action: text, actor: { type: 'staff', id: text, onBehalfOf: null } } as unknown as Event
  const written: string[] = []
  const context = { out: { people: false, write: (line: string) => written.push(line) } } as unknown as Context
  say(context, { note: text }, text)
  const lines: string[] = []
  createLog('info', (line) => lines.push(line)).info({ note: text }, text)
  for (const shown of [printable(text), printableLines(text), cell(text), sentence(1, event), html`${text}`.text, ...written, ...lines])
    expect([shown, seen.test(shown)]).toEqual([shown, true])
  // JSON stays what it was: whoever reads it has the very text.
  expect(JSON.parse(written[0]!)).toEqual({ note: text })
})

test('what a command says of its own arguments is shown like that too', async () => {
  for (const line of [['show', 'evt_\u009b31m'], ['check', 'x\u202e.tlog-proof'], ['x\u0085'], ['list', '--state', '\u009b2K']])
    for (const people of [true, false]) {
      const { text } = await journalCli({ JOURNAL_URL: 'sqlite:/nowhere\u009b/journal.db' }, line, { people })
      expect([line, text, seen.test(text)]).toEqual([line, text, true])
    }
})

test('an end of line in an id forges no line', () => {
  const event = { time: 't', kind: 'outcome', action: 'delete_app_user', by: 'x', actor: { type: 'staff', id: 'ada\n      7  forged' } }
  expect(sentence(1, event as unknown as Event)).not.toContain('\n')
})

test('ordinary writing stays: accents, Arabic, Chinese, emoji', () => {
  for (const text of ['Zoë', 'مينا', '米娜', 'Mina 🎉', 'a\\b "c"']) expect(printable(text)).toBe(text)
})

test('the pages in the browser have the same rule', () => {
  const [, rule] = /unseenInLines = (\/.+\/gu)/.exec(readFileSync('src/platform/printable.ts', 'utf8'))!
  expect(readFileSync('src/console/browser/call.js', 'utf8')).toContain(`const unseen = ${rule}\n`)
})
