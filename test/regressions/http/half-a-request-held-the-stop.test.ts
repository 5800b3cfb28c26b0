/** A client that had sent half a request head held the stop for the whole grace: a server that is closing no longer looks for late headers. */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { startEcho } from '../../support/http-app.ts'

test('half a request is waited for no longer than the head of any other', async () => {
  await using echo = await startEcho({}, { limits: { headersTimeout: 300 } })
  const slow = connect(echo.address.port, '127.0.0.1').on('error', () => undefined)
  slow.write('GET /users/u HTTP/1.1\r\nHost: exa')
  await delay(50)
  const begin = performance.now()
  expect(await echo.close(60_000)).toBe(0)
  expect(performance.now() - begin).toBeLessThan(50_000)
})
