/** State of the vendor: apps with people, integrations and webhooks, and issued codes. */
import { createHash } from 'node:crypto'
import type { AppOptions, Key, SandboxOptions, Switches } from './options.ts'
import { addPerson, type Directory, lookUp, type Person } from './people.ts'
import { notFound } from './refusal.ts'
import { type Emit, newWebhook, type Webhook } from './webhooks.ts'

export interface App extends Directory {
  readonly appId: string
  readonly keys: readonly Key[]
  /** Integration id → channel type. */
  readonly integrations: Map<string, string>
  /** Name of a user that was merged away → `_id` of the survivor. */
  readonly mergedInto: Map<string, string>
  readonly webhooks: Map<string, Webhook>
  /** True after a call to delete the app. */
  deleted: boolean
}

export interface Code {
  readonly kind: 'auth' | 'link'
  readonly appId: string
  readonly _id: string
  readonly expires: number
}

export interface Vendor {
  readonly apps: Map<string, App>
  readonly codes: Map<string, Code>
  readonly switches: Switches
  readonly emit: Emit
  /** Runs the task after `ms` milliseconds, unless the sandbox was reset or closed. */
  later(ms: number, task: () => void): void
}

// biome-ignore format: names alone, some to a line
const channelTypes = [
  'twilio', 'messagebird', 'whatsapp', 'messenger', 'mailgun', 'telegram', 'line', 'viber', 'wechat', 'twitter',
  'android', 'ios', 'web', 'api', 'apn', 'fcm',
] as const

const stableId = (...of: string[]) => createHash('sha256').update(of.join('\n')).digest('hex').slice(0, 24)

const newApp = ({ appId, keys, integrations }: AppOptions): App => ({
  appId,
  keys,
  integrations: new Map(
    integrations ? integrations.map(({ _id, type }) => [_id, type]) : channelTypes.map((type) => [stableId(appId, type), type]),
  ),
  people: new Map(),
  names: new Map(),
  mergedInto: new Map(),
  webhooks: new Map(),
  deleted: false,
})

/** The state at the start and after a reset: what the options name. */
export function populate({ apps, codes }: Vendor, options: SandboxOptions & { apps: readonly [AppOptions, ...AppOptions[]] }): void {
  apps.clear()
  codes.clear()
  for (const app of options.apps) apps.set(app.appId, newApp(app))
  const appNamed = (appId = options.apps[0].appId) => appOf({ apps }, appId)
  for (const { appId, ...person } of options.people ?? []) addPerson(appNamed(appId), person)
  if (options.webhook) {
    const { appId, ...given } = options.webhook
    const webhook = newWebhook(given)
    appNamed(appId).webhooks.set(webhook._id, webhook)
  }
}

export function appOf({ apps }: Pick<Vendor, 'apps'>, appId: string): App {
  const app = apps.get(appId)
  if (!app || app.deleted) throw notFound('app')
  return app
}

export function personOf({ switches }: Pick<Vendor, 'switches'>, app: App, id: string): Person {
  const survivor = switches.afterMerge === 'survivor' ? app.mergedInto.get(id) : undefined
  const person = lookUp(app, id) ?? (survivor === undefined ? undefined : lookUp(app, survivor))
  if (!person) throw notFound('user')
  return person
}
