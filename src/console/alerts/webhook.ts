/** Delivery of alerts: CloudEvents 1.0 as JSON, signed as Standard Webhooks has it, repeated with
 * growing pauses until accepted. */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../../config/secret.ts'
import { HTTPError, http, TimeoutError } from '../../upstream/http-client.ts'
import type { Alert } from './alerts.ts'

export interface WebhookOptions {
  readonly url: string
  /** A comma list: each signs, so that a receiver may know the former or the next. */
  readonly secret: Secret
  /** `source` of each CloudEvent. */
  readonly source: string
  /** Address of the console. */
  readonly root?: string | undefined
  readonly onFailure: (alert: Alert, cause: unknown) => void
  /** Pauses before the repeats, in milliseconds. */
  readonly pausesMs?: readonly number[]
}

const pauses = [1_000, 5_000, 30_000, 120_000, 600_000]
const timeLimitMs = 10_000
const maxWaiting = 100

/** The console at the operation that the alert is about, else at its timeline. */
const pageOf = (root: string, { subject = '' }: Alert): string => (subject.startsWith('op_') ? `${root}/operations/${subject}` : root)

const eventOf = (alert: Alert, source: string, root: string | undefined): string => {
  const { id, type, time, words, tenant, subject } = alert
  return JSON.stringify({
    specversion: '1.0',
    id,
    source,
    type: `smooch-bff.audit.${type}`,
    time,
    ...(subject !== undefined && { subject }),
    datacontenttype: 'application/json',
    data: { message: words, ...(tenant !== undefined && { app: tenant }), ...(root !== undefined && { url: pageOf(root, alert) }) },
  })
}

/** The keys of a comma list; what begins with whsec_ is base64, as in Standard Webhooks. */
const keysOf = (secrets: string): Buffer[] =>
  secrets
    .split(',')
    .map((text) => text.trim())
    .map((text) => (text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text)))

/** Without ky's message, which holds the address; that may be a secret. */
const saidBy = (error: unknown): unknown => {
  if (error instanceof HTTPError) return new Error(`the webhook answered ${error.response.status}`)
  return error instanceof TimeoutError ? new Error('the webhook did not answer in time') : error
}

export const createWebhook = ({ url, secret, source, root, onFailure, pausesMs = pauses }: WebhookOptions) => {
  const stop = new AbortController()
  let waiting = 0

  /** Signed for each try, since receivers refuse old signatures. */
  const sign = (request: Request, { id }: Alert, body: string): void => {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signatures = keysOf(secret.reveal()).map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'))
    request.headers.set('webhook-timestamp', timestamp)
    request.headers.set('webhook-signature', signatures.map((signature) => `v1,${signature}`).join(' '))
  }

  const deliver = async (alert: Alert): Promise<void> => {
    const body = eventOf(alert, source, root)
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
