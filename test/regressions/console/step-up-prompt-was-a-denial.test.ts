/** Who was asked to sign in again before a deletion stood in the journal as "was not allowed to delete", and counted as denied. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

test('a prompt to sign in again leaves no denied attempt; a refusal does', async () => {
  await using bff = await startBff()
  const user = bff.sandbox.createUser(appId, { userId: 'asked-again' })
  const other = bff.sandbox.createUser(appId, { userId: 'asked-again-2' })
  const longAgo = Math.floor(Date.now() / 1000) - 3600
  const admin = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' }, authTime: longAgo })
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'gus' } })
  bff.sent()
  const prompts: [method: string, path: string, json?: unknown][] = [
    ['DELETE', `/v1.1/appusers/${user._id}`],
    ['DELETE', `/v1.1/appusers/${user._id}/profile`],
    ['POST', '/v1.1/appusers/merge', { surviving: { _id: user._id }, discarded: { _id: other._id } }],
  ]
  for (const [method, path, json] of prompts) {
    const answer = await bff.call(method, path, { headers: admin, json })
    expect([path, answer.json.error.code]).toEqual([path, 'step_up_required'])
  }
  expect((await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers: agent })).status).toBe(403)
  expect(bff.sent()).toBe(0)
  using journal = new DatabaseSync(bff.journalFile, { readOnly: true, timeout: 5_000 })
  const denied = () =>
    journal
      .prepare("SELECT body FROM event WHERE kind = 'denied' ORDER BY seq")
      .all()
      .map(({ body }) => JSON.parse(String(body)).actor.id)
  // The prompts came first, so what they left would stand before the agent's.
  await until(() => denied().length > 0)
  expect(denied()).toEqual(['gus'])
})
