/** Only the live stream asked whether its reader may still read: who took an export slowly got the rest of the journal after being signed out. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'
import { fillJournal } from '../../support/fill-journal.ts'

test('an export is cut soon after its reader was signed out, and only then', async () => {
  await using all = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'export-'))
  all.defer(() => rmSync(directory, { recursive: true }))
  const url = `sqlite:${join(directory, 'journal.db')}`
  await fillJournal({ url, tenant: appId, operations: 15_000, days: 30 })
  const bff = all.use(await startBff({ env: { JOURNAL_URL: url } }))
  const exportOf = async (id: string) => {
    const headers = await bff.signIn({ roles: ['auditor'], actor: { id } })
    return await fetch(`${bff.app.publicUrl}/bff/ops/api/export?format=ndjson`, { headers })
  }
  const [kept, gone] = [await exportOf('kept'), await exportOf('gone')]
  await bff.private('POST', '/sessions/end', { actorId: 'gone' })
  await sleep(10_500)
  const whole = (taken: Response) =>
    taken.text().then(
      (text) => /^\{"checkpoint":/m.test(text),
      () => false,
    )
  expect(await Promise.all([whole(kept), whole(gone)])).toEqual([true, false])
})
