/** An export whose reader went, as `head` does, ended with a stack trace; a file that a command could not use was told as a journal that cannot be opened. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

const filled = async () => {
  const place = makePlace()
  await using it = await place.open()
  for (let at = 0; at < 60; at += 1) {
    const begun = await it.guard.begin(deletion())
    if ('end' in begun) await begun.end(success)
  }
  return place
}

test('a reader that goes ends an export quietly', async () => {
  await using place = await filled()
  const child = spawn(process.execPath, ['src/journal/cli/main.ts', 'export'], { env: { ...process.env, ...place.env } })
  let said = ''
  child.stderr.on('data', (part) => {
    said += part
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const [code] = await once(child, 'close')
  expect([code, said]).toEqual([0, ''])
})

test('a file that a command cannot use is wrong use, in words', async () => {
  await using place = await filled()
  const there = `${place.path}-there.csv`
  writeFileSync(there, '')
  const cases: [string[], RegExp][] = [
    [['export', '--out', there], /-there\.csv exists already/],
    [['export', `--out=${there}`], /-there\.csv exists already/],
    [['export', '--out', '/nowhere/x'], /its folder is not/],
    [['check', '/nowhere/proof'], /is not there/],
    [['verify', '--checkpoint', '/nowhere/checkpoint'], /is not there/],
  ]
  for (const [words, said] of cases)
    expect([words, await journalCli(place.env, words)]).toEqual([words, { code: 2, text: expect.stringMatching(said) }])
})
