/** An acceptance of a rollback counted only by its time: a replica whose gate closed after it, or whose clock ran ahead of the command's, stayed closed until it was started anew. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { acceptRollback } from '../../../src/journal/maintenance.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { until } from '../../support/until.ts'

/** Takes the end of the log away, as a restored copy would. */
const cutBack = (path: string, size: number, frontier: Uint8Array): void => {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  const rails = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
  for (const { name } of rails) db.exec(`DROP TRIGGER ${String(name)}`)
  for (const table of ['event', 'operation', 'target']) db.exec(`DELETE FROM ${table} WHERE seq >= ${size}`)
  db.exec(`DELETE FROM checkpoint WHERE size > ${size}`)
  db.exec('DELETE FROM snapshot WHERE event NOT IN (SELECT id FROM event)')
  db.prepare('UPDATE head SET size = ?, frontier = ?').run(size, frontier)
  for (const { sql } of rails) db.exec(String(sql))
  db.close()
}

test.each([
  ['a replica that was idle then', 0],
  ['a replica whose clock is ahead', 60_000],
])('%s goes on after its next look', async (_name, ahead) => {
  await using place = makePlace()
  await using busy = await place.open()
  await using other = await place.open({ now: () => new Date(Date.now() + ahead) })
  const act = async ({ guard }: typeof busy): Promise<void> => {
    await ((await guard.begin(deletion())) as OpenOperation).end(success)
  }
  await act(other)
  const [head] = await busy.store.select('SELECT size, frontier FROM head')
  await act(other)
  await act(busy)
  cutBack(place.path, Number(head!['size']), head!['frontier'] as Uint8Array)
  await expect(act(busy)).rejects.toMatchObject({ code: 'journal_unavailable' })
  if (ahead > 0) await expect(act(other)).rejects.toMatchObject({ code: 'journal_unavailable' })
  await acceptRollback(busy.store, place.anchor, 'ops')
  // It hears of what went back by this call, or on a busy machine of both by its look before it.
  if (ahead === 0) await act(other).catch((error: unknown) => expect(error).toMatchObject({ code: 'journal_unavailable' }))
  for (const { guard } of [busy, other]) await until(() => guard.status().open)
  await act(busy)
  await act(other)
})
