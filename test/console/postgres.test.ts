/** The console before a journal in PostgreSQL. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { appId, startBff } from '../support/bff.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const bin = findPostgres()
const whenThere = bin ? test : test.skip

whenThere('the timeline, a search, one operation, the export and a verification', async () => {
  await using server = await startPostgres(bin!)
  const { privateKey } = generateKeyPairSync('ed25519')
  await createPostgres(server.url(), privateKey)
  await using bff = await startBff({
    env: {
      JOURNAL_URL: server.url(),
      JOURNAL_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
  })
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const user = bff.sandbox.createUser(appId, { userId: 'mina-2', givenName: 'Mina' })
  const id = (await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })).headers.get('audit-operation')
  const get = async (path: string): Promise<string> => (await bff.call('GET', path, { headers })).text
  const verified = async () => (await bff.call('POST', '/ops/api/verify', { headers })).json
  // A server that a busy machine does not reach in time says nothing of the journal.
  expect(await until(verified, ({ failure }) => failure === undefined)).toMatchObject({ ok: true, findings: [] })
  expect(await get('/ops')).toContain('Verified')
  const { requestId } = (await bff.call('GET', `/ops/api/operations/${id}`, { headers })).json.events[0].context
  for (const q of [
    'target:mina-2',
    'actor:ada+state:success',
    'action:delete+from:1h',
    'mina-2',
    String(id),
    requestId,
    '-state:denied+-reason:fraud+ada',
  ])
    expect(await get(`/ops?q=${q}`)).toContain(String(id))
  expect((await bff.call('POST', `/ops/api/operations/${id}/reveal`, { headers })).json.personal.before).toMatchObject({
    givenName: 'Mina',
  })
  expect(await get(`/ops/operations/${id}`)).toContain('saw the personal data')
  expect(await get('/ops/api/export?target=mina-2')).toContain(String(id))
})
