/** A load balancer that was slow to hear of a stop still sent calls when the port closed, and its callers got 502. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { processEnv, startProcess } from '../../support/service-process.ts'

/** Calls again and again, each on a connection of its own, until told; gives what came. */
const callOn = (url: string) => {
  const over = new AbortController()
  const calls = (async () => {
    const seen = new Set<number | string>()
    while (!over.signal.aborted) {
      const came = await fetch(`${url}/bff/auth/session`, { headers: { connection: 'close' } }).then(
        async (answer) => {
          await answer.text()
          return answer.status
        },
        () => 'no answer',
      )
      seen.add(came)
      await sleep(50)
    }
    return [...seen]
  })()
  return async () => {
    over.abort()
    return await calls
  }
}

test.concurrent('a replica serves on while calls come, and ends when they no longer do', async () => {
  await using service = await startProcess({ ...processEnv, DRAIN_DELAY_SECONDS: '1' })
  const stopCalling = callOn(service.publicUrl)
  service.child.kill('SIGTERM')
  await sleep(3_500)
  expect(await stopCalling()).toEqual([200])
  expect(service.child.exitCode).toBeNull()
  expect(await service.ended).toBe(0)
})

test.concurrent('a replica ends within seconds, however long calls come', async () => {
  await using service = await startProcess({ ...processEnv, DRAIN_DELAY_SECONDS: '1' })
  const stopCalling = callOn(service.publicUrl)
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(0)
  expect(await stopCalling()).toContain('no answer')
})
