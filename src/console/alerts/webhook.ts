/** Delivery of alerts: CloudEvents 1.0 as JSON, signed as Standard Webhooks has it, repeated with
 * growing pauses until accepted. */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../../config/secret.ts'
import { HTTPError, http, TimeoutError } from '../../upstream/http-client.ts'
import type { Alert } from './alerts.ts'

export interface WebhookOptions {
  readonly url: string
  readonly secret: Secret
  /** `source` of each CloudEvent. */
  readonly source: string
  readonly onFailure: (alert: Alert, cause: unknown) => void
  /** Pauses before the repeats, in milliseconds. */
  readonly pausesMs?: readonly number[]
}

const pauses = [1_000, 5_000, 30_000, 120_000, 600_000]
const timeLimitMs = 10_000
const maxWaiting = 100

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

/** Without ky's message, which holds the address; that may be a secret. */
const saidBy = (error: unknown): unknown => {
  if (error instanceof HTTPError) return new Error(`the webhook answered ${error.response.status}`)
  return error instanceof TimeoutError ? new Error('the webhook did not answer in time') : error
}

export const createWebhook = ({ url, secret, source, onFailure, pausesMs = pauses }: WebhookOptions) => {
  const stop = new AbortController()
  let waiting = 0

  /** Signed for each try, since receivers refuse old signatures. */
  const sign = (request: Request, { id }: Alert, body: string): void => {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = createHmac('sha256', secret.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64')
    request.headers.set('webhook-timestamp', timestamp)
    request.headers.set('webhook-signature', `v1,${signature}`)
  }

  const deliver = async (alert: Alert): Promise<void> => {
    const body = eventOf(alert, source)
    const signed = ({ request }: { request: Request }) => sign(request, alert, body)
    await http.post(url, {
      headers: { 'content-type': 'application/cloudevents+json', 'webhook-id': alert.id },
      body,
      signal: stop.signal,
      timeout: timeLimitMs,
      retry: {
        limit: pausesMs.length,
        methods: ['post'],
        delay: (attempt) => pausesMs[attempt - 1]!,
        shouldRetry: () => !stop.signal.aborted,
      },
      hooks: { beforeRequest: [signed], beforeRetry: [signed] },
    })
  }

  return {
    send: (alert: Alert): void => {
      if (waiting >= maxWaiting) {
        onFailure(alert, new Error('too many alerts wait for the webhook'))
        return
      }
      waiting += 1
      void deliver(alert)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) onFailure(alert, saidBy(error))
        })
        .finally(() => {
          waiting -= 1
        })
    },
    close: (): void => stop.abort(),
  }
}
