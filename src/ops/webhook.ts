/** Alerts on their way out: CloudEvents 1.0 as JSON, signed as Standard Webhooks have it, repeated with growing pauses until they are taken. */
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '../../config/secret.ts'
import type { Alert } from './alerts.ts'

export interface WebhookOptions {
  readonly url: string
  readonly secret: Secret
  /** Named as the source of each event. */
  readonly source: string
  readonly onFailure: (alert: Alert, cause: unknown) => void
  /** Pauses before the repeats. */
  readonly pausesMs?: readonly number[]
}

const pauses = [1_000, 5_000, 30_000, 120_000, 600_000]
const timeLimitMs = 10_000
const mostWaiting = 100

const eventOf = ({ id, type, time, words, tenant, subject }: Alert, source: string): string =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source,
    type: `smooch-bff.audit.${type}`,
    time,
    ...(subject !== undefined && { subject }),
    datacontenttype: 'application/json',
    data: { message: words, ...(tenant !== undefined && { app: tenant }) },
  })

export const createWebhook = ({ url, secret, source, onFailure, pausesMs = pauses }: WebhookOptions) => {
  const stop = new AbortController()
  let waiting = 0

  const post = async ({ id }: Alert, body: string): Promise<void> => {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = createHmac('sha256', secret.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64')
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'Content-Type': 'application/cloudevents+json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(timeLimitMs)]),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`)
  }

  const deliver = async (alert: Alert): Promise<void> => {
    const body = eventOf(alert, source)
    for (const pause of [...pausesMs, undefined]) {
      try {
        return await post(alert, body)
      } catch (error) {
        if (stop.signal.aborted) return
        if (pause === undefined) onFailure(alert, error)
        else await sleep(pause, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
      }
    }
  }

  return {
    send: (alert: Alert): void => {
      if (waiting >= mostWaiting) {
        onFailure(alert, new Error('too many alerts wait for the webhook'))
        return
      }
      waiting += 1
      void deliver(alert).finally(() => {
        waiting -= 1
      })
    },
    close: (): void => stop.abort(),
  }
}
