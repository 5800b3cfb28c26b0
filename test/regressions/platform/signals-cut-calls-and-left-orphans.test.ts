/** SIGTERM to `npm start` ended npm and left the service behind with its port; one to the process group reached each worker twice, which cut its calls; and a worker whose replacement died early ended all. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { redisInstalled, startRedis } from '../../support/redis.ts'
import { processEnv } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const when = redisInstalled() ? test.concurrent : test.concurrent.skip // Redis is not installed

const start = async (command: string, args: readonly string[], env: Record<string, string>) => {
  // A group of its own, as a service manager makes it.
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...processEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  const ended = once(child, 'exit')
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const says = async (pattern: RegExp, times = 1): Promise<RegExpMatchArray[]> => {
    const found = () => [...output.matchAll(new RegExp(pattern, 'g'))]
    await until(
      () => (found().length >= times ? 'said' : output),
      (it) => it === 'said',
    )
    return found()
  }
  return { child, ended, says }
}

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.concurrent('SIGTERM to npm start ends the service as its own would', async () => {
  const it = await start('npm', ['start'], { DRAIN_DELAY_SECONDS: '0' })
  const pid = Number((await it.says(/"pid":(\d+)/))[0]![1])
  it.child.kill('SIGTERM')
  await it.ended
  try {
    await until(() => !isThere(pid))
  } finally {
    if (isThere(pid)) process.kill(pid, 'SIGKILL')
  }
  await it.says(/"msg":"stopped"/)
})

when('a signal to the process group of several workers cuts no call', async () => {
  const redis = await startRedis()
  const it = await start(process.execPath, ['src/main.ts'], { WORKERS: '2', REDIS_URL: redis.url, DRAIN_DELAY_SECONDS: '2' })
  try {
    await it.says(/health and sessions on/, 2)
    process.kill(-it.child.pid!, 'SIGTERM')
    await it.says(/"msg":"draining"/, 2)
    const [code] = await it.ended
    expect(code).toBe(0)
    await it.says(/"msg":"stopped"/, 2)
  } finally {
    if (isThere(it.child.pid!)) process.kill(-it.child.pid!, 'SIGKILL')
    await redis.stop()
  }
})

when('a replacement that dies early is tried again, and the others serve on', async () => {
  const redis = await startRedis()
  const it = await start(process.execPath, ['src/main.ts'], { WORKERS: '2', REDIS_URL: redis.url, DRAIN_DELAY_SECONDS: '0' })
  try {
    const pidsOf = async (times: number) => (await it.says(/"pid":(\d+)/, times)).map(([, pid]) => Number(pid))
    const [first] = await pidsOf(2)
    await sleep(5_500)
    process.kill(first!, 'SIGKILL')
    const [, , third] = await pidsOf(3)
    process.kill(third!, 'SIGKILL')
    const [, second, , fourth] = await pidsOf(4)
    expect([isThere(it.child.pid!), isThere(second!), isThere(fourth!)]).toEqual([true, true, true])
    it.child.kill('SIGTERM')
    expect((await it.ended)[0]).toBe(0)
  } finally {
    if (isThere(it.child.pid!)) process.kill(-it.child.pid!, 'SIGKILL')
    await redis.stop()
  }
})
