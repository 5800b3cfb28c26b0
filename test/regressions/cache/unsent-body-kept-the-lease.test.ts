/** A read of one's own user that announced a body and did not send it held the lease meanwhile: others who read that user waited three seconds for nobody. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { mina } from '../../support/bff.ts'
import { startPair } from '../../support/pair.ts'
import { redisInstalled } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test : test.skip

when('who waits for a body leads nobody', async () => {
  await using pair = await startPair()
  const { one, staff } = pair
  const { authorization } = await one.signIn()
  const { port, host } = new URL(one.app.publicUrl)
  const head = `GET /bff/v1.1/appusers/me HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`
  const waited = async (): Promise<number> => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(head))
    await sleep(200)
    const began = performance.now()
    expect((await one.call('GET', `/v1.1/appusers/${mina.userId}`, { headers: staff })).status).toBe(200)
    socket.destroy()
    return performance.now() - began
  }
  // Each time, if it were so; a busy machine is not always that late.
  await until(waited, (ms) => ms < 2_800)
})
