/** The vendor's v1.1 webhooks: payloads and delivery, in the background and in no order. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fetchOnce } from '../../upstream/http-client.ts'
import type { WebhookOptions } from './options.ts'
import { type Person, show, truncated } from './people.ts'

// biome-ignore format: names alone, some to a line
export const triggers = [
  'appUser:delete', 'merge:appUser', 'client:add', 'client:remove', 'link:match', 'link:success', 'link:failure',
  'conversation:start', 'conversation:read', 'conversation:referral', 'message:appUser', 'message:appMaker',
  'message:delivery:channel', 'message:delivery:user', 'message:delivery:failure', 'notification:delivery:failure',
  'payment:success', 'postback', 'typing:appUser',
]

export interface Webhook {
  _id: string
  target: string
  triggers: readonly string[]
  secret: string
  version: 'v1.1'
  includeClient: boolean
  includeFullAppUser: boolean
}

let made = 0
/** As the vendor's ids: by time, then by number, so that later ones are greater. */
const nextId = (): string => {
  made += 1
  return `${Math.floor(Date.now() / 1000).toString(16)}${made.toString(16).padStart(16, '0')}`
}

export const newWebhook = ({ target, triggers: wanted, secret, includeClient, includeFullAppUser }: WebhookOptions): Webhook => ({
  _id: nextId(),
  target,
  triggers: wanted ?? triggers,
  secret: secret ?? randomBytes(24).toString('base64url'),
  version: 'v1.1',
  includeClient: includeClient ?? false,
  includeFullAppUser: includeFullAppUser ?? false,
})

/** The rest of a payload; `user` shows a user as the webhook's options say. */
type Rest = (user: (person: Person, short?: (person: Person) => object) => object) => Record<string, unknown>
interface Sender {
  readonly appId: string
  readonly webhooks: ReadonlyMap<string, Webhook>
}

export type Emit = (app: Sender, trigger: string, rest: Rest) => void

/** Statuses after which the vendor does not try again. */
const final = new Set([400, 401, 403, 404, 406])
const answerWithin = 20_000

/** Pauses between the five attempts: 15 minutes at the vendor, seconds here. */
export function newCourier(pauses: readonly number[] = [50, 200, 800, 2000]) {
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()

  const send = (method: string, target: string, rest: RequestInit = {}) =>
    fetchOnce(target, { method, signal: AbortSignal.any([closing.signal, AbortSignal.timeout(answerWithin)]), ...rest })
      .then(({ status }) => status)
      .catch(() => undefined)

  async function deliver({ target, secret }: Webhook, body: string) {
    const headers = { 'content-type': 'application/json', 'x-api-key': secret }
    for (const pause of [...pauses, undefined]) {
      const status = await send('POST', target, { headers, body })
      if (pause === undefined || closing.signal.aborted) return
      if (status !== undefined && ((status >= 200 && status < 300) || final.has(status))) return
      await delay(pause, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  const background = (work: Promise<unknown>) => {
    running.add(work)
    work.finally(() => running.delete(work)).catch(() => undefined)
  }

  return {
    emit(app: Sender, trigger: string, rest: Rest): void {
      for (const webhook of app.webhooks.values()) {
        if (!webhook.triggers.includes(trigger)) continue
        const user = (person: Person, short = truncated as (person: Person) => object) =>
          webhook.includeFullAppUser ? show(person) : short(person)
        background(deliver(webhook, JSON.stringify({ trigger, app: { _id: app.appId }, version: webhook.version, ...rest(user) })))
      }
    },
    /** The vendor's HEAD when a webhook is created; false without an answer. */
    probe(target: string): Promise<boolean> {
      const asked = send('HEAD', target).then((status) => status !== undefined)
      background(asked)
      return asked
    },
    async close(): Promise<void> {
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}

export type Courier = ReturnType<typeof newCourier>
