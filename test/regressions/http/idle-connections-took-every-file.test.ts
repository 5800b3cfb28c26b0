/** Idle connections took all the files that the process may open: /livez, the vendor and the journal had none, so that a manager would have killed a sound service. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { processEnv } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const when = process.platform === 'linux' ? test : test.skip // Linux alone tells the limit

when('with a limit of 160 files and 200 connections the service is alive, and takes calls when they have gone', async () => {
  const child = spawn('sh', ['-c', `ulimit -n 160; exec '${process.execPath}' src/main.ts`], {
    env: { PATH: process.env['PATH'] ?? '', ...processEnv, DRAIN_DELAY_SECONDS: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const sockets: Socket[] = []
  try {
    let output = ''
    child.stdout?.on('data', (bytes) => {
      output += String(bytes)
    })
    const [, open = '', own = ''] = await until(() => /"public":"([^"]+)","private":"([^"]+)".*"msg":"ready"/.exec(output))
    for (let count = 0; count < 200; count += 1) {
      const socket = connect(Number(new URL(open).port), '127.0.0.1').on('error', () => undefined)
      sockets.push(socket)
    }
    await until(() => /"count":\d+,"msg":"connections were closed as they came/.test(output))
    for (let times = 0; times < 5; times += 1) expect((await fetch(`${own}/livez`)).status).toBe(200)
    for (const socket of sockets) socket.destroy()
    const answered = async (): Promise<boolean> =>
      await fetch(`${open}/bff/auth/session`).then(
        ({ ok }) => ok,
        () => false,
      )
    await until(answered)
  } finally {
    for (const socket of sockets) socket.destroy()
    child.kill('SIGTERM')
  }
  expect((await ended)[0]).toBe(0)
})
