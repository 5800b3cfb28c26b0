/** A swapped file with a wrong key was taken unasked: every call failed, with an alarm line each, and no event told of the change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { startSandbox } from '../../../src/dev/sandbox/sandbox.ts'
import { appId, keyId, mina, startBff } from '../../support/bff.ts'
import { canaryKey, canaryServiceKey, canarySessionKey } from '../../support/canaries.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

test('a key that the vendor refuses is not taken, one that it takes is in use within seconds, and each change is an event', async () => {
  await using all = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'bff-swapped-'))
  all.defer(() => rmSync(folder, { recursive: true, force: true }))
  const vendor = all.use(await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }], people: [mina] }))
  const [key, sessionKeys, journal] = [join(folder, 'key'), join(folder, 'session-keys'), join(folder, 'journal.db')]
  writeFileSync(key, 'wrong-from-the-start-on')
  writeFileSync(sessionKeys, `k1:${canarySessionKey}`)
  const { SMOOCH_KEY_SECRET: _, SESSION_KEYS: __, ...env } = processEnv
  const service = all.use(
    await startProcess({
      ...env,
      ...{ SMOOCH_BASE_URL: vendor.url, SMOOCH_KEY_SECRET_FILE: key, SESSION_KEYS_FILE: sessionKeys, JOURNAL_URL: `sqlite:${journal}` },
    }),
  )
  const minted = await fetch(`${service.privateUrl}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', roles: ['agent'], actor: { id: 'crm' } }),
  })
  const { token } = (await minted.json()) as { token: string }
  const read = async () =>
    (await fetch(`${service.publicUrl}/bff/v1.1/appusers/${mina.userId}/channels`, { headers: { authorization: `Bearer ${token}` } }))
      .status
  const alarms = (name: string) => service.output().split(`"alarm":"${name}"`).length - 1

  expect([await read(), await read(), await read()]).toEqual([502, 502, 502])
  await until(() => alarms('upstream_credentials') > 0)
  expect(alarms('upstream_credentials')).toBe(1)

  writeFileSync(key, canaryKey)
  await until(async () => (await read()) === 200)

  writeFileSync(key, 'another-one-that-is-wrong')
  await until(() => alarms('secret_file') === 1)
  await sleep(4_500)
  expect([await read(), alarms('secret_file'), alarms('upstream_credentials')]).toEqual([200, 1, 1])
  // Each read once and each trial once: nothing asks the vendor every two seconds.
  expect(vendor.requests.filter(({ operation, status }) => operation === 'get_app_user' && status === 401).length).toBeLessThanOrEqual(2)

  writeFileSync(sessionKeys, `k2:${canarySessionKey}-2`)
  await until(() => alarms('session_key_dropped') === 1)
  const events = () => {
    using db = new DatabaseSync(journal, { readOnly: true, timeout: 5_000 })
    return db.prepare("SELECT body FROM event WHERE action = 'secret_replaced' ORDER BY seq").all()
  }
  await until(() => events().length === 2)
  expect(events().map(({ body }) => (JSON.parse(String(body)) as { facts: unknown }).facts)).toEqual([
    { setting: 'SMOOCH_KEY_SECRET' },
    { setting: 'SESSION_KEYS' },
  ])
})

test('of two keys the revoked one costs no guarded call: the look at the user before it turns to the other', async () => {
  await using bff = await startBff({
    env: { SMOOCH_KEY_ID: 'app_revoked', SMOOCH_KEY_SECRET: 'r'.repeat(20), SMOOCH_KEY_ID_2: keyId, SMOOCH_KEY_SECRET_2: canaryKey },
  })
  const headers = await bff.signIn({ kind: 'service', roles: ['admin', 'service'], actor: { id: 'crm' } })
  expect((await bff.call('DELETE', `/v1.1/appusers/${mina.userId}`, { headers })).status).toBe(200)
  expect(bff.sandbox.requests.map(({ operation, status }) => `${operation} ${status}`)).toEqual([
    ...['get_app_user 401', 'get_app_user 200', 'delete_app_user 200'],
  ])
})
