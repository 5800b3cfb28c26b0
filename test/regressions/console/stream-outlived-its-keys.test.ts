/** A session ends with the key of its token or of its record, but an event stream or an export that it had begun went on: only the store was asked, which knows nothing of keys. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { canaryPepper, canaryServiceKey, canarySessionKey } from '../../support/canaries.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'

test.concurrent.each([
  ['SESSION_KEYS', `k1:${canarySessionKey}`, `k2:${canarySessionKey}-the-next`],
  ['SESSION_PEPPERS', `p1:${canaryPepper}`, `p2:${canaryPepper}-the-next`],
])('a stream ends soon after the key that was first in %s is gone', async (name, former, next) => {
  await using all = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  all.defer(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key')
  writeFileSync(file, former)
  const { [name as 'SESSION_KEYS']: _, ...rest } = processEnv
  const service = all.use(await startProcess({ ...rest, [`${name}_FILE`]: file, LOG_LEVEL: 'info', JOURNAL_URL: `sqlite:${folder}/j.db` }))
  const minted = await fetch(`${service.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'bearer', roles: ['auditor'], actor: { id: 'ada' } }),
  })
  const { token } = (await minted.json()) as { token: string }
  const stream = await fetch(`${service.publicUrl}/bff/ops/api/stream`, { headers: { authorization: `Bearer ${token}` } })
  expect(stream.status).toBe(200)
  writeFileSync(file, next)
  expect(await stream.text()).toMatch(/^retry: /)
})
