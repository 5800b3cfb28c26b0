/** Whoever reads standard output fell asleep: the service hung in the middle of a line, health and SIGTERM included. And a full disk of the log ended it. */
import { closeSync, openSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { processEnv, type ServiceProcess, startProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const env = { ...processEnv, DRAIN_DELAY_SECONDS: '0' }

/** Each leaves a line of about 400 bytes. */
const ask = async ({ privateUrl }: ServiceProcess, count: number): Promise<Set<number>> => {
  const statuses = new Set<number>()
  for (let at = 0; at < count; at += 100)
    for (const { status } of await Promise.all(
      Array.from({ length: 100 }, () => fetch(`${privateUrl}/livez`, { headers: { 'user-agent': 'x'.repeat(200) } })),
    ))
      statuses.add(status)
  return statuses
}
const dropped = async ({ privateUrl }: ServiceProcess): Promise<number> =>
  Number(/bff_log_dropped_total (\d+)/.exec(await (await fetch(`${privateUrl}/metrics`)).text())?.[1])
const stop = async (service: ServiceProcess): Promise<number | null> => {
  service.child.kill('SIGTERM')
  return await service.ended
}

test.concurrent('a log that nobody reads is dropped and counted, and later told; requests and the stop do not wait for it', async () => {
  await using service = await startProcess(env, { stdout: 'unread' })
  // A megabyte waits before the first is dropped.
  await until(async () => {
    expect(await ask(service, 500)).toEqual(new Set([200]))
    return (await dropped(service)) > 0
  })
  let text = ''
  service.child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const told = (): number =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { alarm?: string; dropped?: number })
      .reduce((sum, line) => sum + (line.alarm === 'log' ? line.dropped! : 0), 0)
  await until(async () => {
    await ask(service, 100)
    return told() >= (await dropped(service))
  })
  expect(told()).toBe(await dropped(service))
  expect(await stop(service)).toBe(0)
})

test.concurrent('a log that nobody reads does not hold the stop', async () => {
  await using service = await startProcess(env, { stdout: 'unread' })
  // More than a pipe takes, which is 64 KB.
  await ask(service, 500)
  expect(await stop(service)).toBe(0)
})

test.concurrent('a reader that has gone ends nothing', async () => {
  await using service = await startProcess(env)
  service.child.stdout!.destroy()
  expect(await ask(service, 300)).toEqual(new Set([200]))
  expect(await dropped(service)).toBeGreaterThan(0)
  expect(await stop(service)).toBe(0)
})

test.concurrent('a full disk ends nothing', async () => {
  const full = openSync('/dev/full', 'w')
  await using service = await startProcess(env, { stdout: full })
  closeSync(full)
  expect(await ask(service, 300)).toEqual(new Set([200]))
  expect(await dropped(service)).toBeGreaterThan(0)
  expect(await stop(service)).toBe(0)
})
