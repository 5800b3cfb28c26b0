/** The relay of docs/alerts.md, as it stands there: what Slack and a mail server get of an alert. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import type { Alert } from '../../src/console/alerts/alerts.ts'
import { createWebhook } from '../../src/console/alerts/webhook.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const alert: Alert = { id: 'burst_evt_1', type: 'burst', time: '2026-03-02T09:14:07.482Z', words: '<ada> made 21 calls.', subject: 'ada' }
const [, program = ''] = /```js relay\n([\s\S]+?)```/.exec(readFileSync('docs/alerts.md', 'utf8')) ?? []

const relay = async (env: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'))
  writeFileSync(join(folder, 'relay.mjs'), program)
  const child = spawn(process.execPath, ['relay.mjs'], { cwd: folder, env: { ALERT_WEBHOOK_SECRET: secret, PORT: '0', ...env } })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: `http://127.0.0.1:${line.toString().trim().split(' ').at(-1)}/`,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}

/** Why it failed; undefined once the relay, to which all is passed on, has taken it. */
const deliver = async (url: string, signedWith = secret): Promise<unknown> => {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const front = createServer(async (request, response) => {
    const headers = Object.entries(request.headers).filter(([name]) => /^(webhook|content)-(?!length)/.test(name)) as [string, string][]
    const { status } = await fetch(url, { method: 'POST', headers, body: await text(request) })
    response.writeHead(status).end()
    if (status < 300) resolve(undefined)
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  const webhook = createWebhook({
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}/`,
    secret: new Secret(signedWith),
    source: 'https://app.example.com',
    root: 'https://app.example.com/bff/ops',
    onFailure: (_, cause) => resolve(cause),
    pausesMs: [],
  })
  webhook.send(alert)
  const cause = await promise
  front.close()
  front.closeAllConnections()
  return cause
}

test('Slack gets the words of a signed alert, once, and nothing of a forged one', async () => {
  const heard: string[] = []
  const slack = createServer(async (request, response) => {
    heard.push(await text(request))
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(slack, 'listening')
  {
    await using it = await relay({ SLACK_URL: `http://127.0.0.1:${(slack.address() as AddressInfo).port}/` })
    expect(await deliver(it.url, `whsec_${randomBytes(32).toString('base64')}`)).toEqual(new Error('the webhook answered 401'))
    expect(heard).toEqual([])
    await deliver(it.url)
    await deliver(it.url)
  }
  slack.close()
  slack.closeAllConnections()
  expect(heard.map((body) => JSON.parse(body))).toEqual([{ text: '&lt;ada&gt; made 21 calls. <https://app.example.com/bff/ops|Look>' }])
})

test('a mail server gets a letter', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sendmail-'))
  const [sendmail, letter] = [join(folder, 'sendmail'), join(folder, 'letter')]
  writeFileSync(sendmail, `#!/bin/sh\ncat > ${letter}\n`)
  chmodSync(sendmail, 0o755)
  {
    await using it = await relay({ MAIL_TO: 'oncall@example.com', SENDMAIL: sendmail, PATH: process.env['PATH'] ?? '' })
    await deliver(it.url)
    expect(existsSync(letter)).toBe(true)
  }
  expect(readFileSync(letter, 'utf8')).toMatch(
    /^To: oncall@example\.com\nSubject: Audit alert\n[\s\S]*<ada> made 21 calls\.\nhttps:\/\/app\.example\.com\/bff\/ops\n$/,
  )
  rmSync(folder, { recursive: true })
})
