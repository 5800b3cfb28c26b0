/** Two commands at once each found no webhook, and each registered one: every change came twice, under two secrets of which the service knew one. */
import { expect, test } from '@jest/globals'
import { loadApps } from '../../../config/apps.ts'
import { load } from '../../../config/load.ts'
import { webhooks } from '../../../src/webhooks/cli.ts'
import { listWebhooks } from '../../../src/webhooks/registered.ts'
import { appId, keyId, startBff } from '../../support/bff.ts'
import { canaryKey, canaryPepper, canarySessionKey } from '../../support/canaries.ts'

test('of several that register at once one does, and the others say so', async () => {
  await using bff = await startBff()
  const { settings } = load({
    NODE_ENV: 'test',
    PUBLIC_ORIGIN: bff.app.publicUrl,
    SMOOCH_BASE_URL: bff.sandbox.url,
    SMOOCH_APP_ID: appId,
    SMOOCH_KEY_ID: keyId,
    SMOOCH_KEY_SECRET: canaryKey,
    SESSION_KEYS: `k1:${canarySessionKey}`,
    SESSION_PEPPERS: `p1:${canaryPepper}`,
  })
  const apps = loadApps(settings)
  const register = async (): Promise<string> => {
    const lines: string[] = []
    await webhooks(['register'], settings, apps, (line) => lines.push(line))
    return lines.join('\n')
  }
  const said = await Promise.all(Array.from({ length: 4 }, register))
  const [there, ...others] = await listWebhooks(apps[0]!)
  expect(others).toEqual([])
  const secrets = said.filter((text) => text.includes('SMOOCH_WEBHOOK_SECRET='))
  expect([secrets.length, secrets[0]!.startsWith(there!._id)]).toEqual([1, true])
  const rest = said.filter((text) => !secrets.includes(text))
  expect(rest.every((text) => text.startsWith(`${there!._id} is registered for`) && text.includes(`delete ${there!._id}`))).toBe(true)
})
