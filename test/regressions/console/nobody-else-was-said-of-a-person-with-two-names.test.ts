/** "Nobody else touched this person" went by the `_id` alone, and so did a search for it: who had named the person by userId, in vain or before the `_id` was known, was left out. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { appId, startBff } from '../../support/bff.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

const bin = findPostgres()

const check = async (env: Record<string, string>): Promise<void> => {
  await using bff = await startBff({ env })
  const [admin, agent] = [
    await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } }),
    await bff.signIn({ roles: ['agent'], actor: { id: 'eve' } }),
  ]
  const json = { userId: 'mina-2' }
  const created = await bff.call('POST', '/v1.1/appusers', { headers: admin, json })
  const { _id } = created.json.appUser
  expect((await bff.call('DELETE', '/v1.1/appusers/mina-2', { headers: agent })).status).toBe(403)
  bff.sandbox.createUser(appId, { userId: 'somebody-else' })
  await bff.call('DELETE', '/v1.1/appusers/somebody-else', { headers: admin })
  const deleted = (await bff.call('DELETE', `/v1.1/appusers/${_id}`, { headers: admin })).headers.get('audit-operation')
  const found = async (target: string) =>
    (await bff.call('GET', `/ops/api/operations?target=${target}`, { headers: admin })).json.operations
      .map(({ action, state }: { action: string; state: string }) => `${action} ${state}`)
      .sort()
  // Recorded events are written a little later.
  await until(async () => (await found(_id)).length >= 3)
  const all = ['delete_app_user denied', 'delete_app_user success', 'pre_create_app_user success']
  const events = (await bff.call('GET', `/ops/api/operations/${deleted}`, { headers: admin })).json.events
  for (const name of ['mina-2', _id, events[0].targets[0].subject]) expect([name, await found(name)]).toEqual([name, all])
  const page = (await bff.call('GET', `/ops/operations/${deleted}`, { headers: admin })).text
  expect(page).toContain('was not allowed to delete')
  expect(page).not.toContain('Nobody else touched')
}

describe('everybody who touched the person is found by any name', () => {
  test('in SQLite', () => check({}))

  ;(bin ? test : test.skip)('in PostgreSQL', async () => {
    await using server = await startPostgres(bin!)
    const { privateKey } = generateKeyPairSync('ed25519')
    await createPostgres(server.url(), privateKey)
    await check({
      JOURNAL_URL: server.url(),
      JOURNAL_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
    })
  })
})
