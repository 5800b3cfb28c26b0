/** `npm run check` as a command, and what the service says of its checks after its own start. */
import { spawn } from 'node:child_process'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'
import { startVendor } from './vendor.ts'

type Env = Record<string, string>

const runMain = async (words: readonly string[], env: Env) => {
  const child = spawn(process.execPath, ['src/main.ts', ...words], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

test.concurrent('the command ends with 0 when nothing is at fault and with 1 otherwise, in lines for people or of JSON', async () => {
  await using all = new AsyncDisposableStack()
  const env = { ...processEnv, SMOOCH_BASE_URL: (await startVendor(all)).url }
  const well = await runMain(['check'], env)
  expect(well).toMatchObject({ code: 0, out: expect.stringMatching(/^ok {5}vendor {4}http.*takes the key/m) })
  const ill = await runMain(['--check', '--json'], { ...env, SMOOCH_KEY_SECRET: 'x'.repeat(20) })
  const lines = ill.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(ill.code).toBe(1)
  expect(lines).toContainEqual(expect.objectContaining({ check: 'vendor', level: 'fault', todo: expect.any(String) }))
  expect(await runMain(['check'], {})).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^FAULT {2}settings {2}SESSION_KEYS is missing/m),
  })
})

test.concurrent.each([['--chek'], ['serve'], ['check', '--jsn'], ['SMOOCH_KEY_SECRET=canary']])(
  'the argument %s starts no service',
  async (...words) => {
    const { code, out, err } = await runMain(words, processEnv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('npm run check')
    expect(err).not.toContain('canary')
  },
)

test('a vendor that never answers does not hold the stop of a service that has just started', async () => {
  const silent = createNetServer(() => undefined)
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const waited = async (): Promise<number> => {
    await using service = await startProcess({ ...processEnv, SMOOCH_BASE_URL: `http://127.0.0.1:${port}`, DRAIN_DELAY_SECONDS: '0' })
    const began = performance.now()
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    return performance.now() - began
  }
  // The look has five seconds, each time; a busy machine is not always that late.
  await until(waited, (ms) => ms < 4_000)
  silent.close()
})

test.concurrent('after its start the service says once what it finds outside', async () => {
  await using all = new AsyncDisposableStack()
  const vendor = await startVendor(all)
  const service = all.use(await startProcess({ ...processEnv, SMOOCH_BASE_URL: vendor.url, SMOOCH_KEY_SECRET: 'x'.repeat(20) }))
  const said = (text: string) => service.output().split(text).length - 1
  await until(() => said('"check":"clock"') > 0)
  expect(service.output()).toMatch(/"level":"warn".*"check":"vendor","found":"fault","todo":"check id and secret/)
  expect([said('"check":"vendor"'), said('"check":"webhooks"'), said('"check":"clock"')]).toEqual([1, 1, 1])
  expect(service.output()).toMatch(
    /"sessions":"in this process","cache":"beside the sessions","journal":"sqlite","workers":1,"msg":"ready"/,
  )
})
