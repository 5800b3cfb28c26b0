/** Alerts: what raises one, and how it reaches the webhook. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type CloudEventV1, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { Secret } from '../../config/secret.ts'
import { type Alert, createAlerts, withoutAddresses } from '../../src/console/alerts/alerts.ts'
import { createWebhook } from '../../src/console/alerts/webhook.ts'
import type { Status } from '../../src/journal/append/journal.ts'
import { until } from '../support/until.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const alert: Alert = {
  id: 'burst_evt_1',
  type: 'burst',
  time: '2026-03-02T09:14:07.482Z',
  words: 'ada made 21 calls.',
  tenant: 'app',
  subject: 'ada',
}

interface Heard {
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

const receiver = async (statuses: number[]) => {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += String(part)
    heard.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    heard,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const signed = (headers: Heard['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

test('an alert arrives as a signed CloudEvent, repeated until it is taken, with the same id', async () => {
  await using there = await receiver([500, 503])
  const webhook = createWebhook({
    url: there.url,
    secret: new Secret(secret),
    source: 'https://app.example.com',
    root: 'https://app.example.com/bff/ops',
    onFailure: () => {},
    pausesMs: [5, 5, 5],
  })
  webhook.send(alert)
  await until(() => there.heard.length === 3)
  webhook.close()
  expect(there.heard).toHaveLength(3)
  for (const { headers, body } of there.heard) {
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: alert.id,
      source: 'https://app.example.com',
      type: 'smooch-bff.audit.burst',
      time: alert.time,
      subject: 'ada',
      datacontenttype: 'application/json',
      data: { message: alert.words, app: 'app', url: 'https://app.example.com/bff/ops' },
    })
    expect(headers).toMatchObject({ 'content-type': 'application/cloudevents+json', 'webhook-id': alert.id })
    expect(() => new Webhook(secret).verify(body, signed(headers))).not.toThrow()
  }
})

test('the libraries of Standard Webhooks and of CloudEvents verify and read an alert, by each of several secrets', async () => {
  await using there = await receiver([])
  const [next, text] = [`whsec_${randomBytes(24).toString('base64')}`, 'a-text-without-whsec-of-32-characters']
  const webhook = createWebhook({
    url: there.url,
    secret: new Secret(`${next}, ${secret},${text}`),
    source: 'https://app.example.com',
    onFailure: () => {},
  })
  webhook.send(alert)
  await until(() => there.heard.length === 1)
  webhook.close()
  const { headers, body } = there.heard[0]!
  const receivers = [new Webhook(next), new Webhook(secret), new Webhook(text, { format: 'raw' })]
  for (const receiver of receivers) expect(receiver.verify(body, signed(headers))).toMatchObject({ specversion: '1.0' })
  expect(() => new Webhook(`whsec_${randomBytes(24).toString('base64')}`).verify(body, signed(headers))).toThrow('No matching signature')
  expect(() => new Webhook(next).verify(body.replace('21', '12'), signed(headers))).toThrow('No matching signature')
  const event = HTTP.toEvent({ headers: signed(headers), body }) as CloudEventV1<unknown>
  expect(event).toMatchObject({ id: alert.id, type: 'smooch-bff.audit.burst', time: alert.time, subject: 'ada' })
})

test('the ids of alerts hold no full stop, whatever they come from, and addresses do not leave the service', () => {
  const sent: Alert[] = []
  const alerts = createAlerts({
    status: () => ({ open: true, waiting: 0, dropped: 0, size: 1 }),
    anchored: false,
    send: (it) => sent.push(it),
  })
  alerts.onCheck({ ok: false, at: '2026-03-02T09:14:07.482Z', size: 1, root: '', milliseconds: 1, findings: ['an event is missing'] })
  const event = { v: 1, id: 'evt_019ab2c4-5d6e', kind: 'intent', time: '2026-03-02T09:14:07.482Z', action: 'delete_app_user' } as const
  alerts.onBurst({ actor: 'ada@example.org', tenant: 'app', count: 21, minutes: 5, at: event.time }, event)
  alerts.close()
  expect(sent.map(({ id }) => id)).toEqual(['verification_failed_2026-03-02T091407482Z', 'burst_evt_019ab2c4-5d6e'])
  expect(withoutAddresses(sent[1]!)).toMatchObject({ words: '[email] made 21 guarded calls within 5 minutes.', subject: '[email]' })
})

test('an alert that nobody takes is given up, and that is said', async () => {
  await using there = await receiver([500, 500, 500])
  const failed: Alert[] = []
  const webhook = createWebhook({
    url: there.url,
    secret: new Secret(secret),
    source: 's',
    onFailure: (it) => failed.push(it),
    pausesMs: [1, 1],
  })
  webhook.send(alert)
  await until(() => failed.length > 0)
  webhook.close()
  expect([failed, there.heard.length]).toEqual([[alert], 3])
})

test('the gate, a rollback, a bad verification and an indeterminate verdict raise one alert each', async () => {
  let status: Status = { open: true, waiting: 0, dropped: 0, size: 1 }
  const sent: Alert[] = []
  const alerts = createAlerts({ status: () => status, anchored: false, send: (it) => sent.push(it), lookEveryMs: 5 })
  const next = async (now: Partial<Status>): Promise<void> => {
    const before = sent.length
    status = { ...status, ...now }
    await until(() => sent.length > before)
  }
  await next({ open: false, cause: 'disk full', since: '2026-03-02T09:14:07.482Z' })
  await next({ open: true })
  await next({ open: false, cause: 'the log went back from 9 to 7' })
  alerts.onCheck({ ok: false, at: '2026-03-02T09:14:07.482Z', size: 1, root: '', milliseconds: 1, findings: ['an event is missing'] })
  alerts.onEvent({
    v: 1,
    id: 'evt_2',
    kind: 'resolved',
    time: new Date().toISOString(),
    action: 'merge_users',
    verdict: 'indeterminate',
    operation: { id: 'op_1' },
  })
  alerts.close()
  expect(sent.map(({ type }) => type)).toEqual(['gate_closed', 'gate_opened', 'rollback', 'verification_failed', 'indeterminate'])
  expect(
    alerts
      .recent('app')
      .map(({ words }) => words)
      .join(' '),
  ).toContain('disk full')
})

test('a log that grows without an anchor for five minutes raises one, a quiet log none', async () => {
  const sent: Alert[] = []
  let size = 1
  const status = (): Status => ({ open: true, waiting: 0, dropped: 0, size, anchoredAt: new Date(Date.now() - 60).toISOString() })
  const alerts = createAlerts({ status, anchored: true, send: (it) => sent.push(it), lookEveryMs: 5, anchorWithinMs: 40 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(sent).toEqual([])
  const stuck = new Date(Date.now() - 60).toISOString()
  alerts.close()
  const late = createAlerts({
    status: () => ({ ...status(), anchoredAt: stuck }),
    anchored: true,
    send: (it) => sent.push(it),
    lookEveryMs: 5,
    anchorWithinMs: 40,
  })
  size = 2
  await until(() => sent.length > 0)
  late.close()
  expect(sent.map(({ type }) => type)).toEqual(['no_anchor'])
})
