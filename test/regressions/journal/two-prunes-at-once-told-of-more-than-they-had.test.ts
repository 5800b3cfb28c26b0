/** Of two prunes at once the second told of a range whose events the first had taken while it exported them: its file, whose digest is in the log, had a hole. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { prune, pruneRangeBefore } from '../../../src/journal/maintenance.ts'
import { entryOf, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { systemEvents } from '../../../src/journal/store/queries/log.ts'
import { makePlace } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

test('the second is refused in words, and goes on from where the first has ended', async () => {
  await using place = makePlace()
  const { store, guard } = await place.open()
  for (let at = 0; at < 20; at += 1) await store.commit([entryOf(systemEvent('written'))])
  const range = await pruneRangeBefore(store, new Date(Date.now() + 60_000))
  expect(await prune(store, range, 'sha256:1', 'ada')).toBe(range.to - range.from)
  await expect(prune(store, range, 'sha256:2', 'bob')).rejects.toThrow(`another prune has gone on to event ${range.to} meanwhile`)
  expect(await systemEvents(store, 'pruned')).toHaveLength(1)
  const out = join(place.directory, 'second.ndjson')
  const again = await journalCli(place.env, ['prune', '--before', '2999-01-01', '--out', out, '--by', 'bob'])
  expect(again).toMatchObject({ code: 0, text: expect.stringContaining(`"from":${range.to}`) })
  expect(readFileSync(out, 'utf8').split('\n')[0]).toContain('"action":"pruned"')
  await guard.close()
})
