/** A command that was ended while it wrote a file left half of it under its name, which the next one took for the only copy; SIGINT was heard once and did nothing, and an export into a pipe that it cut ended as if it were whole. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { runCli } from '../../../src/journal/cli/cli.ts'
import { Stopped } from '../../../src/journal/cli/command.ts'
import { makePlace } from '../../journal/place.ts'
import { fillJournal } from '../../support/fill-journal.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { until } from '../../support/until.ts'

const journal = async () => {
  const place = makePlace()
  await (await place.open()).guard.close()
  return place
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends what reads with exit code %d, and leaves no file', async (signal, code) => {
  await using place = await journal()
  const out = { people: false, write: () => {}, progress: () => {} }
  const run = (...words: string[]) => runCli(words, place.env, out, AbortSignal.abort(new Stopped(signal)))
  const file = join(place.directory, 'out')
  for (const words of [
    ['export', '--out', file],
    ['export'],
    ['verify'],
    ['prune', '--before', '2100-01-01', '--out', file, '--by', 'ada'],
  ])
    expect([words[0], await run(...words)]).toEqual([words[0], code])
  expect(readdirSync(place.directory).filter((name) => name.startsWith('out'))).toEqual([])
})

test('a file that a killed command wrote is whole or not there, and what is left of it is said', async () => {
  await using place = await journal()
  const secrets = { signing: [place.env['JOURNAL_SIGNING_KEY']!], sealing: [place.env['JOURNAL_SEALING_KEY']!] }
  await fillJournal({ url: place.env['JOURNAL_URL']!, secrets, tenant: 'app1', operations: 2_000, days: 10 })
  const whole = (await journalCli(place.env, ['export'])).text
  let left = 0
  for (const words of [['export', '--out'], ['backup']])
    for (let n = 0; n < 3; n += 1) {
      const file = join(place.directory, `${words[0]}-${n}`)
      const env = { PATH: process.env['PATH'] ?? '', ...place.env }
      const child = spawn(process.execPath, ['src/journal/cli/main.ts', ...words, file], { env, stdio: 'ignore' })
      const ended = once(child, 'close')
      await until(() => child.exitCode !== null || existsSync(`${file}.part`), undefined, 1)
      child.kill('SIGKILL')
      await ended
      if (existsSync(`${file}.part`)) left += 1
      if (existsSync(file) && words[0] === 'export') expect(readFileSync(file, 'utf8')).toBe(whole)
      const again = await journalCli(place.env, [...words, file], { people: true })
      if (existsSync(`${file}.part`))
        expect(again).toEqual({ code: 2, text: expect.stringMatching(/\.part is there: another command writes it/) })
    }
  expect(left).toBeGreaterThan(0)
})

test('neither an export nor a backup takes the place of a file, or of one that is being written', async () => {
  await using place = await journal()
  for (const words of [['export', '--out'], ['backup']])
    for (const there of ['one', 'two.part']) {
      const file = join(place.directory, `${words[0]}-${there}`)
      writeFileSync(file, 'kept')
      const { code, text } = await journalCli(place.env, [...words, file.replace(/\.part$/, '')], { people: true })
      expect([code, text.startsWith(file), readFileSync(file, 'utf8')]).toEqual([2, true, 'kept'])
    }
  const file = join(place.directory, 'fresh')
  expect((await journalCli(place.env, ['export', '--out', file])).code).toBe(0)
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  expect(existsSync(`${file}.part`)).toBe(false)
})
