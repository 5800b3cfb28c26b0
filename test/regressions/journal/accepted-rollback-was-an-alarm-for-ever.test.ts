/** The console's verification held the log to what it had seen before a rollback that a person then accepted: an alarm every hour until the restart. */
import { cpSync, rmSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { createIntegrity } from '../../../src/console/integrity.ts'
import { acceptRollback } from '../../../src/journal/maintenance.ts'
import { deletion, makePlace } from '../../journal/place.ts'

test('what was seen before an accepted rollback is not missed; what was lost after it is', async () => {
  await using place = makePlace()
  const secrets = {
    signing: [place.key.export({ type: 'pkcs8', format: 'pem' }).toString()],
    sealing: [Buffer.alloc(32, 7).toString('base64')],
  }
  const integrity = createIntegrity({ url: `sqlite:${place.path}`, secrets, size: () => 1_000_000 })
  const copy = `${place.directory}-copy`
  const act = async (calls: number): Promise<void> => {
    await using it = await place.open()
    for (let n = 0; n < calls; n += 1) await it.guard.begin(deletion())
  }
  const goBack = (): void => {
    rmSync(place.directory, { recursive: true, maxRetries: 20 })
    cpSync(copy, place.directory, { recursive: true })
  }
  try {
    await act(1)
    cpSync(place.directory, copy, { recursive: true })
    await act(5)
    expect(await integrity.run()).toMatchObject({ ok: true })
    goBack()
    expect(await integrity.run()).toMatchObject({ ok: false })
    const store = await place.store()
    expect(await acceptRollback(store, place.anchor, 'ops')).toBeDefined()
    await store.close()
    expect(await integrity.run()).toMatchObject({ ok: true, findings: [] })
    goBack()
    expect(await integrity.run()).toMatchObject({ ok: false, findings: [expect.stringContaining('went back')] })
  } finally {
    rmSync(copy, { recursive: true, force: true })
    await integrity.close()
  }
})
