/** The body of a webhook had no deadline: whoever held the secret could keep connections open for five minutes with a few bytes. */
import { expect, test } from '@jest/globals'
import { appId, startBff } from '../../support/bff.ts'
import { sendRaw } from '../../support/raw.ts'

test('it has ten seconds like any other body', async () => {
  await using bff = await startBff({ env: { SMOOCH_WEBHOOK_SECRET: 'test-webhook-secret-2f9a' } })
  const { port, host } = new URL(bff.app.publicUrl)
  const head = `POST /bff/webhooks/smooch/${appId} HTTP/1.1\r\nHost: ${host}\r\nX-API-Key: test-webhook-secret-2f9a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"tr`
  const { first } = await sendRaw({ port: Number(port) }, head)
  expect(first.status).toBe(408)
})
