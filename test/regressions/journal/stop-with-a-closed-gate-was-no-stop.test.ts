/** While the journal could not be opened, a stop waited for the next attempt with nothing to hold the process: it went with code 13 and a warning, and closed nothing. */
import { expect, test } from '@jest/globals'
import { processEnv, startProcess } from '../../support/service-process.ts'

test('a service whose PostgreSQL is away stops as any other', async () => {
  const key = (byte: string) => Buffer.alloc(32, byte).toString('base64')
  await using service = await startProcess({
    ...processEnv,
    JOURNAL_URL: 'postgres://nobody@127.0.0.1:9/none',
    JOURNAL_SIGNING_KEY: key('a'),
    JOURNAL_SEALING_KEY: key('b'),
    DRAIN_DELAY_SECONDS: '0',
  })
  // By now the attempts are seconds apart.
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(0)
  expect(service.output()).toContain('"stopped"')
  expect(service.output()).toContain('the journal could not be opened: connect ECONNREFUSED 127.0.0.1:9')
  expect(service.output()).not.toContain('unsettled')
})

test('keys that are missing are told in words', async () => {
  await using service = await startProcess({ ...processEnv, JOURNAL_URL: 'postgres://nobody@127.0.0.1:9/none' })
  expect(await service.ended).toBe(1)
  for (const name of ['JOURNAL_SIGNING_KEY', 'JOURNAL_SEALING_KEY'])
    expect(service.output()).toContain(`${name} is missing: a shared journal needs it, every replica the same\n`)
})
