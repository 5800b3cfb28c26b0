/** A page of any site that a developer had open could reset the stand-in by a form without fields, and read it under a name of its own that leads to this machine (DNS rebinding). */
import { expect, test } from '@jest/globals'
import { startSandbox } from '../../../src/dev/sandbox/sandbox.ts'
import { sendRaw } from '../../support/raw.ts'

test('the stand-in is steered from this machine, under its own name, and by no page of another site', async () => {
  await using sandbox = await startSandbox()
  const port = Number(new URL(sandbox.url).port)
  const { appId } = sandbox.apps[0]!
  sandbox.createUser(appId, { userId: 'kept' })
  const ask = async (method: string, path: string, ...lines: string[]) => {
    const bytes = [`${method} /__sandbox/${path} HTTP/1.1`, ...lines, 'Content-Length: 0', '', ''].join('\r\n')
    return (await sendRaw({ port }, bytes)).first.status
  }
  expect(await ask('POST', 'reset', `Host: 127.0.0.1:${port}`, 'Sec-Fetch-Site: cross-site', 'Origin: https://evil.example')).toBe(403)
  expect(await ask('GET', 'users', `Host: rebound.example:${port}`)).toBe(403)
  expect(sandbox.user(appId, 'kept')).toBeDefined()
  for (const host of ['localhost', '127.0.0.1', '[::1]']) expect(await ask('GET', 'users', `Host: ${host}:${port}`)).toBe(200)
  expect(await ask('POST', 'reset', `Host: localhost:${port}`, 'Sec-Fetch-Site: same-site')).toBe(200)
  expect(sandbox.user(appId, 'kept')).toBeUndefined()
})
