/** Webhooks of an app at the vendor: asked for, made and deleted with the app's key. */
import { z } from 'zod'
import type { App } from '../../config/apps.ts'
import type { Settings } from '../../config/load.ts'
import { authorization } from '../upstream/credentials.ts'
import { http } from '../upstream/http-client.ts'
import { buildUrl } from '../upstream/url.ts'

const Webhook = z.looseObject({ _id: z.string(), target: z.string(), triggers: z.array(z.string()), secret: z.string().optional() })
const One = z.looseObject({ webhook: Webhook })
const Many = z.looseObject({ webhooks: z.array(Webhook) })

export type Webhook = z.infer<typeof Webhook>

/** The message is for people who hold the key: the vendor's words may repeat it. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, text: string) {
    super(`the vendor answered ${status} ${text.slice(0, 300)}`)
    this.status = status
  }
}

const timeoutMs = 8_000

/** `id`: of one webhook. */
const ask = async (app: App, method: 'GET' | 'POST' | 'DELETE', { id, body }: { id?: string; body?: unknown } = {}): Promise<unknown> => {
  const [key] = app.keys
  const token = key && authorization(app, key)
  if (!token) throw new Error('the app has no usable key')
  const url = buildUrl(app, { path: id === undefined ? '/webhooks' : '/webhooks/:id' }, id === undefined ? {} : { id })
  const answer = await http(url, {
    method,
    headers: { authorization: token, accept: 'application/json' },
    ...(body !== undefined && { json: body }),
    throwHttpErrors: false,
    timeout: timeoutMs,
  }).catch((cause: unknown) => {
    throw new Error(`${url.origin} cannot be reached`, { cause })
  })
  const text = await answer.text()
  if (!answer.ok) throw new Refused(answer.status, text)
  return text === '' ? {} : JSON.parse(text)
}

export const listWebhooks = async (app: App): Promise<Webhook[]> => Many.parse(await ask(app, 'GET')).webhooks
export const createWebhook = async (app: App, target: string, triggers: readonly string[]): Promise<Webhook> =>
  One.parse(await ask(app, 'POST', { body: { target, triggers } })).webhook
export const deleteWebhook = async (app: App, id: string): Promise<void> => void (await ask(app, 'DELETE', { id }))

/** Where deliveries are taken. */
export const pathOf = (settings: Settings, app: App): string => `${settings.BASE_PATH}/webhooks/smooch/${app.appId}`
