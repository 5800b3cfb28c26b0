/** A file that could not be made or written ended an export from PostgreSQL with a stack and the exit code of a finding, and a half-written one stayed, which the next try took for an earlier export. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { writeExport } from '../../../src/journal/cli/export-file.ts'
import { entryOf, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { makePlace } from '../../journal/place.ts'

test('a file that is there already is told, also by a store that takes its time', async () => {
  await using place = makePlace()
  const { store, guard } = await place.open()
  const out = join(place.directory, 'there.ndjson')
  writeFileSync(out, 'an earlier one')
  const slow: typeof store = {
    ...store,
    select: async (...asked) => {
      await sleep(50)
      return await store.select(...asked)
    },
  }
  const context = { store: slow, out: { people: false, write: () => {}, progress: () => {} }, stop: new AbortController().signal }
  await expect(writeExport(context as unknown as Parameters<typeof writeExport>[0], out, { format: 'ndjson' })).rejects.toThrow('EEXIST')
  expect(existsSync(out)).toBe(true)
  await guard.close()
})

test('a disk that is full is told with the exit code for it, and leaves no half of a file', async () => {
  await using place = makePlace()
  const { store, guard } = await place.open()
  await store.commit(Array.from({ length: 400 }, () => entryOf(systemEvent('written', { text: 'x'.repeat(300) }))))
  await guard.close()
  const out = join(place.directory, 'out.ndjson')
  const ran = spawnSync('bash', ['-c', `ulimit -f 64; exec "${process.execPath}" src/journal/cli/main.ts export --out "${out}"`], {
    env: { ...process.env, ...place.env },
    encoding: 'utf8',
  })
  expect([ran.status, ran.stdout]).toEqual([3, expect.stringContaining('EFBIG')])
  expect(existsSync(out)).toBe(false)
})
