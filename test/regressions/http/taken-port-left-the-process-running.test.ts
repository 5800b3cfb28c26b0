/** With a Redis, a start that met a taken port said so and then never left: what had been opened before held the process, and nobody started it anew. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { processEnv, startProcess } from '../../support/service-process.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const when = redisUrl ? test : test.skip

when('the process leaves with 1', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await using service = await startProcess({ ...processEnv, REDIS_URL: redisUrl!, PORT: String(port) })
  expect(await service.ended).toBe(1)
  expect(service.output()).toContain('EADDRINUSE')
  other.close()
})
