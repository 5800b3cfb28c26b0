/** The stand-in as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from '@jest/globals'
import { until } from '../../support/until.ts'

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, ['src/dev/sandbox/main.ts'], { env: { PATH: process.env['PATH'], ...env } })
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output.text += chunk
    })
  }
  return { child, output, exit: once(child, 'close'), [Symbol.dispose]: () => void child.kill('SIGKILL') }
}

test.each(['SIGTERM', 'SIGINT'] as const)('it says where it is and how to try it, and ends on %s with 0', async (signal) => {
  const { child, output, exit } = run({
    SANDBOX_PORT: '0',
    SANDBOX_PREFIX: '/sc',
    SANDBOX_APP_ID: 'a'.repeat(24),
    SANDBOX_KEY_ID: 'app_mine',
  })
  try {
    await until(() => output.text.includes('steer'))
    const [, credential = '', url = ''] = /curl -u "(.+?)" (\S+)/.exec(output.text) ?? []
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sc\/v1\.1\/apps\/a{24}\/appusers\/cust-20481$/)
    const answer = await fetch(url, { headers: { authorization: `Basic ${btoa(credential)}` } })
    expect(await answer.json()).toMatchObject({ appUser: { userId: 'cust-20481' } })
  } finally {
    child.kill(signal)
  }
  expect(await exit).toEqual([0, null])
})

test('a secret that was given is not printed, and a bad port is said', async () => {
  using given = run({ SANDBOX_PORT: '0', SANDBOX_KEY_SECRET: 'unmistakable-secret' })
  await until(() => given.output.text.includes('steer'))
  given.child.kill()
  await given.exit
  expect(given.output.text).not.toContain('unmistakable-secret')
  using bad = run({ SANDBOX_PORT: 'http' })
  expect(await bad.exit).toEqual([1, null])
  expect(bad.output.text).toContain('SANDBOX_PORT')
})
