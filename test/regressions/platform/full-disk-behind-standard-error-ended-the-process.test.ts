/** Standard error on a full disk ended the service just when it was ready: its line for people could not be written. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { processEnv } from '../../support/service-process.ts'

const when = existsSync('/dev/full') ? test : test.skip // Linux alone has it

when('the service serves, and stops with 0', async () => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PATH: process.env['PATH'] ?? '', ...processEnv, DRAIN_DELAY_SECONDS: '0' },
    stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')],
  })
  const ended = once(child, 'exit')
  let output = ''
  const ready = new Promise<string | undefined>((resolve) => {
    void ended.then(() => resolve(undefined))
    child.stdout?.on('data', (bytes) => {
      output += String(bytes)
      const address = /"private":"([^"]+)".*"msg":"ready"/.exec(output)?.[1]
      if (address) resolve(address)
    })
  })
  expect((await fetch(`${await ready}/livez`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
})
