/** Signals other than SIGTERM and SIGINT ended the process at once, with the calls in it: the hang-up of a terminal, the SIGQUIT and SIGUSR2 of managers and of rotations of logs; and SIGUSR1 opened Node's debugger. */
import { expect, test } from '@jest/globals'
import { processEnv, startProcess } from '../../support/service-process.ts'

test.each(['SIGHUP', 'SIGQUIT'] as const)('%s stops the service as SIGTERM does, and signals of rotations do nothing', async (signal) => {
  await using service = await startProcess({ ...processEnv, DRAIN_DELAY_SECONDS: '0' })
  for (const unasked of ['SIGUSR1', 'SIGUSR2'] as const) service.child.kill(unasked)
  expect((await fetch(`${service.privateUrl}/livez`)).status).toBe(200)
  service.child.kill(signal)
  expect(await service.ended).toBe(0)
  expect(service.output()).toContain(`"signal":"${signal}"`)
  expect(service.output()).toContain('"msg":"stopped"')
  expect(service.output()).not.toContain('Debugger')
})
